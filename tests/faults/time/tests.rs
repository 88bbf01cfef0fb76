//! Time advances only when every run waits.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// The notes of runs, each with its time.
type Notes = Arc<Mutex<Vec<(u64, String)>>>;

fn note(notes: &Notes, time: &RunTime, what: &str) {
    notes.lock().unwrap().push((time.time.passed().as_secs(), what.to_owned()));
}

fn drive<T>(time: &Time, runs: Vec<(RunTime, RunFuture<'_, T>)>) -> Vec<Option<T>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(time.drive(runs))
}

#[test]
fn time_advances_only_while_every_run_waits_and_the_earliest_continues() {
    let (time, notes) = (Time::new(), Notes::default());
    let sleeper = |name: &'static str, naps: &'static [u32]| {
        let (run, notes) = (time.run(None), Arc::clone(&notes));
        let own = run.clone();
        let future: RunFuture<'_, ()> = Box::pin(async move {
            for nap in naps {
                own.sleep(SECOND * *nap).await;
                note(&notes, &own, name);
            }
        });
        (run, future)
    };
    let busy = {
        let (run, notes) = (time.run(None), Arc::clone(&notes));
        let own = run.clone();
        let future: RunFuture<'_, ()> = Box::pin(async move {
            own.call(async {
                for _ in 0..50 {
                    tokio::task::yield_now().await;
                }
            })
            .await;
            note(&notes, &own, "busy");
        });
        (run, future)
    };
    let results = drive(&time, vec![sleeper("a", &[1, 3]), sleeper("b", &[2, 1]), busy]);
    assert_eq!(results.len(), 3);
    let notes = notes.lock().unwrap().clone();
    let notes: Vec<_> = notes.iter().map(|(at, what)| (*at, what.as_str())).collect();
    assert_eq!(notes, [(0, "busy"), (1, "a"), (2, "b"), (3, "b"), (4, "a")]);
}

#[test]
fn a_sleeping_call_lets_time_advance_and_an_alarm_does_not() {
    let (time, notes) = (Time::new(), Notes::default());
    let run = time.run(None);
    let own = run.clone();
    let future: RunFuture<'_, ()> = Box::pin(async {
        let call = own.call(async { own.sleep(SECOND * 5).await });
        let mut call = std::pin::pin!(call);
        tokio::select! {
            biased;
            () = own.alarm(SECOND * 3) => note(&notes, &own, "alarm"),
            () = &mut call => note(&notes, &own, "too early"),
        }
        call.await;
        note(&notes, &own, "call");
    });
    drive(&time, vec![(run, future)]);
    let notes = notes.lock().unwrap().clone();
    assert_eq!(notes, [(3, "alarm".to_owned()), (5, "call".to_owned())]);
    assert_eq!(time.passed(), SECOND * 5);
}

#[test]
fn a_seed_draws_one_call_at_a_time_and_the_same_order_again() {
    let calls = |seed: u64| {
        let (time, notes) = (Time::new(), Notes::default());
        time.order(Order::Seeded(Rng::with_seed(seed)));
        let runs = ["a", "b", "c"].map(|name| {
            let (run, notes) = (time.run(None), Arc::clone(&notes));
            let own = run.clone();
            let future: RunFuture<'_, ()> = Box::pin(async move {
                for _ in 0..3 {
                    own.call(async {
                        note(&notes, &own, name);
                        tokio::task::yield_now().await;
                        note(&notes, &own, name);
                    })
                    .await;
                }
            });
            (run, future)
        });
        drive(&time, runs.into());
        let notes = notes.lock().unwrap().clone();
        notes.into_iter().map(|(_, what)| what).collect::<String>()
    };
    let order = calls(1);
    assert_eq!(order, calls(1));
    assert!((2..10).any(|seed| calls(seed) != order), "{order}");
    let pairs: Vec<_> = order.as_bytes().chunks(2).collect();
    assert!(pairs.iter().all(|pair| pair[0] == pair[1]), "side by side: {order}");
}

#[test]
fn a_run_dies_at_its_event_and_others_go_on() {
    for (dies_at, expected) in [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2)] {
        let (time, done) = (Time::new(), Mutex::new(0));
        let runs = [Some(dies_at), None].map(|dies_at| {
            let (run, done) = (time.run(dies_at), &done);
            let own = run.clone();
            let future: RunFuture<'_, u8> = Box::pin(async move {
                for _ in 0..2 {
                    own.call(async { *done.lock().unwrap() += u8::from(dies_at.is_some()) }).await;
                }
                own.sleep(SECOND).await;
                7
            });
            (run, future)
        });
        let results = drive(&time, runs.into());
        let dead = if dies_at < 6 { None } else { Some(7) };
        assert_eq!(results, [dead, Some(7)], "{dies_at}");
        assert_eq!(*done.lock().unwrap(), expected, "{dies_at}");
    }
}

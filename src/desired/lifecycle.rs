//! `lifecycle`: what protects an instance, and which fields are left alone after the create.

use std::collections::BTreeSet;

use super::Code;
use super::document::{Reader, first_line, missing_key, wrong_type};
use super::text::{Finding, Mark};
use super::yaml::{Kind, Member, Node};
use super::{Ignore, Lifecycle};

use crate::safe_text::quoted;

impl Reader<'_, '_> {
    /// Reads `lifecycle`; `document` is what an ignored path may lead to.
    pub(super) fn lifecycle(&mut self, node: &Node, document: &[Member]) -> Option<Lifecycle> {
        let members = self.map(node, "`lifecycle`", "it takes `protect` and `ignore`")?;
        self.unknown_keys(members, &["protect", "ignore"], "`lifecycle`");
        let find = |name| members.iter().find(|member| member.name == name);
        let protect =
            find("protect").map_or(Some(false), |member| self.flag(&member.value, "protect"));
        let ignore = find("ignore").map_or(Some(Vec::new()), |member| {
            self.ignores(&member.value, &declared_paths(document))
        });
        Some(Lifecycle { protect: protect?, ignore: ignore? })
    }

    fn ignores(&mut self, node: &Node, declared: &BTreeSet<String>) -> Option<Vec<Ignore>> {
        let Kind::List(items) = &node.kind else {
            let finding = wrong_type(node, "`ignore`", "a list")
                .help("write `- path: …` and `reason: …` below it");
            self.notes.add(finding);
            return None;
        };
        let entries: Vec<_> = items.iter().map(|item| self.ignore(item, declared)).collect();
        let entries: Option<Vec<_>> = entries.into_iter().collect();
        let mut applying = Vec::new();
        for (entry, mark) in entries? {
            let last_day = entry.until.as_deref();
            if last_day.is_some_and(|day| day < self.context.today) {
                self.notes.add(expired_ignore(mark, &entry.path));
            } else {
                applying.push(entry);
            }
        }
        Some(applying)
    }

    /// Reads one entry; the mark is where it says how long it applies.
    fn ignore(&mut self, node: &Node, declared: &BTreeSet<String>) -> Option<(Ignore, Mark)> {
        let what = "an entry of `ignore`";
        let help = "write `path:` and `reason:`, and `until:` if it shall end";
        let members = self.map(node, what, help)?;
        self.unknown_keys(members, &["path", "reason", "until"], what);
        let first = first_line(node);
        let find = |name: &str| members.iter().find(|member| member.name == name);
        for name in ["path", "reason"] {
            if find(name).is_none() {
                self.notes.add(missing_key(first, name, "this entry of `ignore`"));
            }
        }
        let path = find("path").and_then(|member| self.path(&member.value, declared));
        let reason = find("reason").and_then(|member| self.public(&member.value, "`reason`"));
        let until = find("until").map(|member| (self.until(&member.value), member.value.mark));
        let (until, mark) = match until {
            Some((date, mark)) => (Some(date?), mark),
            None => (None, first),
        };
        let at = self.context.text.span(first);
        Some((Ignore { path: path?, reason: reason?, until, at }, mark))
    }

    fn path(&mut self, node: &Node, declared: &BTreeSet<String>) -> Option<String> {
        let path = self.public(node, "`path`")?;
        if declared.contains(&path) {
            return Some(path);
        }
        let nearest = self.notes.closest(&path, declared.iter().map(String::as_str));
        let message = format!("this document declares no {}", quoted(&path));
        let finding = Finding::new(Code::UnknownPath, node.mark, message)
            .quoting(&path)
            .suggest(nearest)
            .help("a path is `name`, `tags` or `configuration.KEY`; what is not declared is never compared anyway");
        self.notes.add(finding);
        None
    }

    fn until(&mut self, node: &Node) -> Option<String> {
        let date = self.public(node, "`until`")?;
        if is_date(&date) {
            return Some(date);
        }
        let finding = Finding::new(Code::UnknownValue, node.mark, "`until` must be a date")
            .help("write it as year-month-day, for example `2027-03-31`; that day is included");
        self.notes.add(finding);
        None
    }
}

fn expired_ignore(mark: Mark, path: &str) -> Finding {
    Finding::new(
        Code::ExpiredIgnore,
        mark,
        format!("{path} is compared again: its `ignore` has ended", path = quoted(&path)),
    )
    .help("remove the entry, or give it a later date and a reason that still holds")
}

/// The fields of a document that are compared.
fn declared_paths(document: &[Member]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for member in document {
        match (member.name.as_str(), &member.value.kind) {
            ("name" | "tags", _) => {
                paths.insert(member.name.clone());
            }
            ("configuration", Kind::Map(keys)) => {
                paths.extend(keys.iter().map(|key| format!("configuration.{}", key.name)));
            }
            _ => {}
        }
    }
    paths
}

/// Whether the text is a day that exists, as `YYYY-MM-DD`. Such dates sort as texts.
pub(super) fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u32>().ok())?
    };
    let (Some(year), Some(month), Some(day)) = (number(4), number(2), number(2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    parts.next().is_none() && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_that_exist() {
        for good in ["2026-11-23", "2024-02-29", "2000-02-29"] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "2026-1-1",
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "2026-01-01-",
            "tomorrow",
            "+026-01-01",
            "",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}

//! The examples at the end of each command's help. A test parses every line of them.

pub(super) const OCON: &str = "\
Examples:
  ocon plan --sandbox                try it here, without a tenant
  ocon import --all --region us2     files for what a tenant has
  ocon plan --region us2             what an apply would do
  ocon apply --region us2            does it, after a question
  ocon explain orphan                what a word in brackets means";

pub(super) const VALIDATE: &str = "\
Examples:
  ocon validate                      all files
  ocon validate instances/eu         all files, this folder among them
  ocon validate --format github      annotations at the lines of a pull request
  ocon validate --deny warnings      as CI wants it";

pub(super) const PLAN: &str = "\
Examples:
  ocon plan --sandbox                try it without a tenant
  ocon plan --region us2             what an apply would do there
  ocon plan --out plan.json          for `ocon apply plan.json`
  ocon plan --format markdown --changed-since origin/main
                                     a comment on what a branch changes";

pub(super) const APPLY: &str = "\
Examples:
  ocon apply                         shows the plan and asks
  ocon apply --yes                   as CI runs it
  ocon apply plan.json               what was reviewed, and nothing else
  ocon apply --prune --max-deletes 5
                                     deletes at most five that have no file
  ocon apply --rotate hootsuite#oauth.api.secret
                                     writes a secret that nobody can compare";

pub(super) const AUTHORIZE: &str = "\
Examples:
  ocon authorize hootsuite           opens a browser, then creates it
  ocon authorize slack --no-browser  over SSH: prints the address, and reads
                                     the one at which your browser ends up
  ocon authorize slack --wait 15m    for those who have to find a password";

pub(super) const STATUS: &str = "\
Examples:
  ocon status                        every instance
  ocon status instances/hootsuite.yaml
  ocon status --format json          for scripts";

pub(super) const EVENTS: &str = "\
Examples:
  ocon events hootsuite              the last twenty
  ocon events slack --limit 1 --format json
  ocon events listen slack           what is delivered to this machine";

pub(super) const EVENTS_LISTEN: &str = "\
Examples:
  ocon events listen slack           verified with the key of that document
  ocon events listen --port 9000     with OCON_SIGNATURE_KEY, if it is set
  ocon events listen --allow-host app.tunnel.example
                                     behind a tunnel, by its public host
  ocon events listen slack --count 1
                                     one, and its exit code tells";

pub(super) const DOCTOR: &str = "\
Examples:
  ocon doctor hootsuite              for a person
  ocon doctor slack --format json    for a monitor";

pub(super) const IMPORT: &str = "\
Examples:
  ocon import --all                  a file for every instance that has none
  ocon import 4711 4712              for these two
  ocon import --connector hootsuite  for those of a connector
  ocon apply --allow-unset           then: marks them as yours, no more";

pub(super) const TOKEN: &str = "\
Examples:
  ocon token hootsuite               for the application that uses it";

pub(super) const SCHEMA: &str = "\
Examples:
  ocon schema pull hootsuite slack   as the tenant describes them
  ocon schema pull --all --sandbox   all of the built-in catalogue";

pub(super) const SCHEMA_PULL: &str = "\
Examples:
  ocon schema pull hootsuite slack   as the tenant describes them
  ocon schema pull --all             of every connector that it has";

pub(super) const EXPLAIN: &str = "\
Examples:
  ocon explain                       lists all codes
  ocon explain orphan                one of them";

pub(super) const SELFTEST: &str = "\
Examples:
  ocon selftest --leaks              with the files and variables here";

pub(super) const SANDBOX: &str = "\
Examples:
  ocon sandbox                       a server on a free port
  ocon sandbox --faults faults.yaml  goes wrong as scripted";

pub(super) const COMPLETIONS: &str = "\
Examples:
  ocon completions bash > ~/.local/share/bash-completion/completions/ocon
  ocon completions zsh > ~/.zfunc/_ocon
                                     with `fpath+=~/.zfunc` in ~/.zshrc
  ocon completions fish > ~/.config/fish/completions/ocon.fish
  ocon completions powershell >> $PROFILE";

pub(super) const MAN: &str = "\
Examples:
  ocon man ~/.local/share/man/man1   then: man ocon-plan";

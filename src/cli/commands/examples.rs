//! The examples at the end of each command's help. A test parses every line of them.

pub(crate) const OCON: &str = "\
Examples:
  ocon plan --sandbox                try it here, without a tenant
  ocon import --all --region us2     files for what a tenant has
  ocon plan --region us2             what an apply would do
  ocon apply --region us2            does it, after a question
  ocon explain orphan                what a word in brackets means";

pub(crate) const VALIDATE: &str = "\
Examples:
  ocon validate                      all files
  ocon validate instances/eu         all files, this folder among them
  ocon validate --format github      annotations at the lines of a pull request
  ocon validate --deny warnings      as CI wants it";

pub(crate) const PLAN: &str = "\
Examples:
  ocon plan --sandbox                try it without a tenant
  ocon plan --region us2             what an apply would do there
  ocon plan --out plan.json          for `ocon apply plan.json`
  ocon plan --format markdown --changed-since origin/main
                                     a comment on what a branch changes";

pub(crate) const APPLY: &str = "\
Examples:
  ocon apply                         shows the plan and asks
  ocon apply --yes                   as CI runs it
  ocon apply plan.json               what was reviewed, and nothing else
  ocon apply --prune --max-deletes 5
                                     deletes at most five that have no file
  ocon apply --rotate hootsuite#oauth.api.secret
                                     writes a secret that nobody can compare";

pub(crate) const AUTHORIZE: &str = "\
Examples:
  ocon authorize hootsuite           opens a browser, then creates it
  ocon authorize slack --no-browser  over SSH: prints the address, and reads
                                     the one at which your browser ends up
  ocon authorize slack --wait 15m    for those who have to find a password";

pub(crate) const STATUS: &str = "\
Examples:
  ocon status                        every instance
  ocon status instances/hootsuite.yaml
  ocon status --format json          for scripts";

pub(crate) const EVENTS: &str = "\
Examples:
  ocon events hootsuite              the last twenty
  ocon events slack --limit 1 --format json
  ocon events listen slack           what is delivered to this machine";

pub(crate) const EVENTS_LISTEN: &str = "\
Examples:
  ocon events listen slack           verified with the key of that document
  ocon events listen --port 9000     with OCON_SIGNATURE_KEY, if it is set
  ocon events listen --allow-host app.tunnel.example
                                     behind a tunnel, by its public host
  ocon events listen slack --count 1
                                     one, and its exit code tells";

pub(crate) const DOCTOR: &str = "\
Examples:
  ocon doctor hootsuite              for a person
  ocon doctor slack --format json    for a monitor";

pub(crate) const IMPORT: &str = "\
Examples:
  ocon import --all                  a file for every instance that has none
  ocon import 4711 4712              for these two
  ocon import --connector hootsuite  for those of a connector
  ocon apply --allow-unset           then: marks them as yours, no more";

pub(crate) const TOKEN: &str = "\
Examples:
  ocon token hootsuite               for the application that uses it";

pub(crate) const SCHEMA: &str = "\
Examples:
  ocon schema pull hootsuite slack   as the tenant describes them
  ocon schema pull --all --sandbox   all of the built-in catalogue";

pub(crate) const SCHEMA_PULL: &str = "\
Examples:
  ocon schema pull hootsuite slack   as the tenant describes them
  ocon schema pull --all             of every connector that it has";

pub(crate) const EXPLAIN: &str = "\
Examples:
  ocon explain                       lists all codes
  ocon explain orphan                one of them";

pub(crate) const SELFTEST: &str = "\
Examples:
  ocon selftest --leaks              with the files and variables here";

pub(crate) const SANDBOX: &str = "\
Examples:
  ocon sandbox                       a server on a free port
  ocon sandbox --faults faults.yaml  goes wrong as scripted";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  ocon completions bash > ~/.local/share/bash-completion/completions/ocon
  ocon completions zsh > ~/.zfunc/_ocon
                                     with `fpath+=~/.zfunc` in ~/.zshrc
  ocon completions fish > ~/.config/fish/completions/ocon.fish
  ocon completions powershell >> $PROFILE";

pub(crate) const MAN: &str = "\
Examples:
  ocon man ~/.local/share/man/man1   then: man ocon-plan";

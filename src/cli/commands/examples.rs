//! The examples at the end of each command's help. A test parses every line of them.

pub(crate) const OCON: &str = "\
Examples:
  ocon plan --sandbox                try ocon here, without a tenant
  ocon import --all --region us2     write files for the instances of a tenant
  ocon plan --region us2             show what an apply would change
  ocon apply --region us2            ask, then apply the changes
  ocon explain orphan                explain a diagnostic code";

pub(crate) const INIT: &str = "\
Examples:
  ocon init                          name the project like this folder
  ocon init --project marketing      name the project
  ocon init --ci github --region us2
                                     also write workflows for GitHub Actions";
pub(crate) const NEW: &str = "\
Examples:
  ocon new hootsuite                 write instances/hootsuite.yaml
  ocon new slack support/slack --events
                                     another document key, with events enabled
  ocon new sfdc --stdout             print the file instead
  ocon apply --sandbox               the next step: try it without a tenant";

pub(crate) const CONNECTORS: &str = "\
Examples:
  ocon connectors                    list all connectors
  ocon connectors salesforce         search keys and names
  ocon connectors crm --format json  for scripts";

pub(crate) const VALIDATE: &str = "\
Examples:
  ocon validate                      check all files
  ocon validate instances/eu         also fail if this folder has no document
  ocon validate --format github      annotate the lines of a pull request
  ocon validate --deny warnings      fail on warnings, for CI";

pub(crate) const VARIABLES: &str = "\
Examples:
  ocon variables                     every secret, and whether it is set
  ocon variables hootsuite           those of one document
  ocon variables --format dotenv > .env
                                     a file of variables without values
  ocon variables --format github     the lines of a step in GitHub Actions";

pub(crate) const PLAN: &str = "\
Examples:
  ocon plan --sandbox                try ocon without a tenant
  ocon plan --region us2             show what an apply would change
  ocon plan --out plan.json          save the plan for `ocon apply plan.json`
  ocon plan --format markdown --changed-since origin/main
                                     write a comment on the changes of a branch";

pub(crate) const APPLY: &str = "\
Examples:
  ocon apply                         show the plan and ask
  ocon apply --yes                   do not ask, for CI
  ocon apply plan.json               apply a saved plan and nothing else
  ocon apply --prune --max-deletes 5
                                     delete at most 5 instances without a file
  ocon apply --rotate hootsuite#oauth.api.secret
                                     write a secret that cannot be compared";

pub(crate) const AUTHORIZE: &str = "\
Examples:
  ocon authorize hootsuite           open a browser, then create the instance
  ocon authorize slack --no-browser  over SSH: print the URL, and read the URL
                                     that your browser shows at the end
  ocon authorize slack --wait 15m    wait longer for the answer";

pub(crate) const STATUS: &str = "\
Examples:
  ocon status                        every instance
  ocon status instances/hootsuite.yaml
                                     the instances of one file
  ocon status --format json          for scripts";

pub(crate) const EVENTS: &str = "\
Examples:
  ocon events hootsuite              the last 20 events
  ocon events slack --limit 1 --format json
                                     the last event, for scripts
  ocon events listen slack           receive events on this machine";

pub(crate) const EVENTS_LISTEN: &str = "\
Examples:
  ocon events listen slack           verify with the signature key of slack
  ocon events listen --port 9000     verify with OCON_SIGNATURE_KEY
  ocon events listen --allow-host app.tunnel.example
                                     receive events through a tunnel
  ocon events listen slack --count 1
                                     stop after one event, for scripts";

pub(crate) const DOCTOR: &str = "\
Examples:
  ocon doctor hootsuite              check the event delivery of hootsuite
  ocon doctor slack --format json    for a monitoring system";

pub(crate) const IMPORT: &str = "\
Examples:
  ocon import --all                  all instances that have no file
  ocon import 4711 4712              two instances
  ocon import --connector hootsuite  the instances of a connector
  ocon apply --allow-unset           the next step: adopt the instances";

pub(crate) const TOKEN: &str = "\
Examples:
  ocon token hootsuite               print the token of hootsuite";

pub(crate) const SCHEMA: &str = "\
Examples:
  ocon schema pull hootsuite slack   write the schemas of two connectors
  ocon schema pull --all --sandbox   write all built-in schemas";

pub(crate) const SCHEMA_PULL: &str = "\
Examples:
  ocon schema pull hootsuite slack   write the schemas of two connectors
  ocon schema pull --all             write the schemas of all connectors";

pub(crate) const EXPLAIN: &str = "\
Examples:
  ocon explain                       list all codes
  ocon explain orphan                explain one code";

pub(crate) const SELFTEST: &str = "\
Examples:
  ocon selftest --leaks              use the files and variables of this folder";

pub(crate) const SANDBOX: &str = "\
Examples:
  ocon sandbox                       start a server on a free port
  ocon sandbox --faults faults.yaml  inject scripted faults";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  ocon completions bash > ~/.local/share/bash-completion/completions/ocon
  ocon completions zsh > ~/.zfunc/_ocon
                                     add `fpath+=~/.zfunc` to ~/.zshrc
  ocon completions fish > ~/.config/fish/completions/ocon.fish
  ocon completions powershell >> $PROFILE";

pub(crate) const MAN: &str = "\
Examples:
  ocon man ~/.local/share/man/man1   then read a page with: man ocon-plan";

pub(crate) const HELP: &str = "\
Examples:
  ocon help plan                     the help of a command
  ocon help options                  the global options";

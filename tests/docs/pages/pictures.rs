//! The pictures of the README: a plan in a terminal, and the comment on a pull request.
//!
//! Both are drawn from the output of this build for [`CHANGES`], a pull request to the worked
//! example. `SNAPSHOTS=overwrite` redraws them.

use std::path::Path;

use anstyle::RgbColor;
use anstyle_svg::{Palette, Term};
use snapbox::data::DataFormat;

use super::comment_svg;
use super::reader::Reader;

/// The pull request: two files change and two are new, of which one is blocked.
const CHANGES: &str = r"
sed -i.bak 's/refresh_interval: 15/refresh_interval: 5/; s/pageSize: 100/pageSize: 200/' \
  instances/closeio.yaml
sed -i.bak 's/users:read/users:read users:read.email/' instances/slack.yaml
rm instances/*.bak
";

const STRIPE: &str = "\
element: stripe
name: Web shop
tags: [payments]
configuration:
  username: ${{ env.STRIPE_API_KEY }}
";

/// It has no authorization grant.
const HUBSPOT: &str = "\
element: hubspot
name: Marketing HubSpot
configuration:
  authentication.type: oauth2
  oauth.callback.url: ${{ var.app }}
  oauth.api.key: ${{ env.HUBSPOT_CLIENT_ID }}
  oauth.api.secret: ${{ env.HUBSPOT_CLIENT_SECRET }}
";

/// At this width the picture is legible where GitHub shows it, about 830 pixels wide.
const COLUMNS: &str = "COLUMNS=96";

fn pull_request() -> Reader {
    let reader = Reader::default();
    crate::example::copy_into(reader.root());
    reader.run("ocon apply --sandbox --yes");
    reader.run(CHANGES);
    reader.write("instances/stripe.yaml", STRIPE);
    reader.write("instances/hubspot.yaml", HUBSPOT);
    reader
}

#[test]
fn the_picture_of_a_plan_is_the_output_of_the_program() {
    let output = pull_request().run(&format!("{COLUMNS} ocon plan --sandbox --color always"));
    is_current("docs/pictures/plan.svg", &terminal(&format!("$ ocon plan\n{output}")));
}

#[test]
fn the_picture_of_a_comment_is_the_output_of_the_program() {
    let comment = pull_request().run("ocon plan --sandbox --format markdown");
    is_current("docs/pictures/comment.svg", &comment_svg::draw(&comment));
}

fn is_current(picture: &str, svg: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(picture);
    let stored = snapbox::Data::read_from(&path, Some(DataFormat::Text)).raw();
    snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV).eq(svg, stored);
}

/// A window with this text.
fn terminal(text: &str) -> String {
    const TITLE_BAR: usize = 26;
    let svg = Term::new().background(false).palette(PALETTE).render_svg(text);
    // A picture that is scaled down needs more contrast than a terminal.
    let svg = svg.replace("opacity: 0.4", "opacity: 0.7");
    let size = |name: &str| -> usize {
        let value = svg.split_once(&format!("{name}=\"")).unwrap().1;
        value.split_once("px\"").unwrap().0.parse().unwrap()
    };
    let (width, height) = (size("width"), size("height") + TITLE_BAR);
    let inner = svg.replacen("<svg ", &format!("<svg y=\"{TITLE_BAR}\" "), 1);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>
<circle cx="20" cy="20" r="6" fill="#ff5f57"/><circle cx="40" cy="20" r="6" fill="#febc2e"/><circle cx="60" cy="20" r="6" fill="#28c840"/>
{inner}</svg>
"##
    )
}

/// The colors of the text, in the order of ANSI, for a dark window.
const PALETTE: Palette = Palette([
    RgbColor(0x0d, 0x11, 0x17),
    RgbColor(0xff, 0x7b, 0x72),
    RgbColor(0x56, 0xd3, 0x64),
    RgbColor(0xe3, 0xb3, 0x41),
    RgbColor(0x79, 0xc0, 0xff),
    RgbColor(0xd2, 0xa8, 0xff),
    RgbColor(0x56, 0xd4, 0xdd),
    RgbColor(0xe6, 0xed, 0xf3),
    RgbColor(0x8b, 0x94, 0x9e),
    RgbColor(0xff, 0xa1, 0x98),
    RgbColor(0x7e, 0xe7, 0x87),
    RgbColor(0xf2, 0xcc, 0x60),
    RgbColor(0xa5, 0xd6, 0xff),
    RgbColor(0xe2, 0xc5, 0xff),
    RgbColor(0x76, 0xe3, 0xea),
    RgbColor(0xff, 0xff, 0xff),
]);

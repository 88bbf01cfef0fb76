//! Access to the nodes of a document, by JSON pointer and by name.

use serde_json::Value;

use crate::desired::{Member, Node, NodeKind};

/// Follows a JSON pointer. Returns the members on the path and the value at its end.
pub(super) fn follow<'n>(root: &'n Node, pointer: &str) -> Option<(Vec<&'n Member>, &'n Node)> {
    let names = pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
    let (mut members, mut node) = (Vec::new(), root);
    for name in names {
        if let NodeKind::List(items) = &node.kind {
            node = items.get(name.parse::<usize>().ok()?)?;
        } else {
            let member = member(node, &name)?;
            members.push(member);
            node = &member.value;
        }
    }
    Some((members, node))
}

pub(super) fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Member> {
    members(node).iter().find(|member| member.name == name)
}

pub(super) fn members(node: &Node) -> &[Member] {
    match &node.kind {
        NodeKind::Map(members) => members,
        _ => &[],
    }
}

/// A node as JSON, without resolving references.
pub(super) fn json(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Null => Value::Null,
        NodeKind::Bool(flag) => Value::Bool(*flag),
        NodeKind::Number(number) => Value::Number(number.clone()),
        NodeKind::Text(text) => Value::String(text.clone()),
        NodeKind::List(items) => items.iter().map(json).collect(),
        NodeKind::Map(members) => {
            members.iter().map(|member| (member.name.clone(), json(&member.value))).collect()
        }
    }
}

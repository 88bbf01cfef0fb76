//! The example of this repository: `ocon.yaml` and `instances/`.

use std::fs;
use std::path::Path;

/// Copies the example into a folder.
pub(crate) fn copy_into(root: &Path) {
    let instances = walkdir::WalkDir::new("instances").into_iter().map(Result::unwrap);
    let paths = instances.map(walkdir::DirEntry::into_path).filter(|path| path.is_file());
    for path in paths.chain(["ocon.yaml".into()]) {
        let copy = root.join(&path);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(path, copy).unwrap();
    }
}

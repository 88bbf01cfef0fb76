//! The paths of files in their Git repository, for annotations and links: their readers know the
//! repository, and neither `-C` nor the working directory.
//!
//! In: the root, and a path relative to it. Out: the path from the top of the repository, with `/`. Git is
//! not started. The top is the nearest folder above the root with a `.git`, which no commit can contain.
//! It is a file in a worktree and in a submodule. A checkout without Git has none: its top is the folder
//! that the pipeline names, or the working directory. Links on the path of the root are followed, because a path in Git leads through no link.

use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf};

use crate::cli::setup::environment::Environment;
use crate::cli::setup::global_args::GlobalArgs;
use crate::reader::{begins_repository, normalized, repository_above};

/// The variables with the folder into which GitHub, GitLab and Azure Pipelines check out.
const CHECKOUT_VARIABLES: [&str; 3] =
    ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY"];

/// The root, as it was given and in its repository.
pub(crate) struct RepositoryPaths {
    given_root: PathBuf,
    /// Without links.
    root: PathBuf,
    /// The top of the repository, without links; `None` if it is not known.
    top: Option<PathBuf>,
}

impl RepositoryPaths {
    pub(crate) fn of(globals: &GlobalArgs) -> Self {
        Self::below(&globals.root, checkout(&globals.environment))
    }

    fn below(given_root: &Path, checkout: Option<PathBuf>) -> Self {
        let root = given_root.canonicalize().unwrap_or_else(|_| given_root.to_owned());
        let checkout = || checkout.filter(|checkout| root.starts_with(checkout));
        let top = repository_above(&root).or_else(checkout);
        Self { given_root: given_root.to_owned(), root, top }
    }

    /// Returns the path of a file, which is given from the root. Outside the repository, it is the path
    /// from the working directory.
    pub(crate) fn path(&self, file: &str) -> String {
        let path = normalized(&self.root.join(file));
        let below = self.top.as_ref().and_then(|top| path.strip_prefix(top).ok());
        below.map_or_else(|| path_from_working_directory(&self.given_root, file), with_slashes)
    }

    /// Returns the path of the root, which is empty at the top; `None` in no repository, or if the path is
    /// not UTF-8, so that no URL can contain it.
    pub(crate) fn root(&self) -> Option<String> {
        let below = self.root.strip_prefix(self.top.as_ref()?).ok()?;
        below.to_str().map(|_| with_slashes(below))
    }

    /// Whether the repository can be the one that a pipeline checked out into a folder. Another
    /// repository can be below that one. A folder that does not exist is that of another container.
    pub(crate) fn can_be_checkout(&self, checkout: &Path) -> bool {
        let (Some(top), Ok(checkout)) = (&self.top, checkout.canonicalize()) else {
            return self.top.is_some();
        };
        *top == checkout || (top.starts_with(&checkout) && !begins_repository(&checkout))
    }
}

/// The folder of the pipeline's checkout, or else the working directory, without links.
fn checkout(environment: &Environment) -> Option<PathBuf> {
    let folder = CHECKOUT_VARIABLES.iter().find_map(|name| environment.text(name));
    Path::new(folder.as_deref().unwrap_or(".")).canonicalize().ok()
}

/// The path of a file from the working directory instead of the root.
pub(crate) fn path_from_working_directory(root: &Path, file: &str) -> String {
    if root.is_absolute() || root == Path::new(".") {
        return file.to_owned();
    }
    root.join(file).display().to_string().replace(MAIN_SEPARATOR, "/")
}

fn with_slashes(path: &Path) -> String {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const FILE: &str = "instances/a.yaml";

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        (folder, path)
    }

    fn paths(root: &Path) -> RepositoryPaths {
        RepositoryPaths::below(root, None)
    }

    #[test]
    fn paths_begin_at_the_top_of_the_repository() {
        let (_folder, top) = folder();
        let root = top.join("tenants/eu");
        fs::create_dir_all(&root).unwrap();
        fs::create_dir(top.join(".git")).unwrap();
        assert_eq!(paths(&top).path(FILE), FILE);
        assert_eq!(paths(&top).root().unwrap(), "");
        for given in [root.clone(), top.join("tenants/../tenants/eu"), root.join(".")] {
            assert_eq!(paths(&given).path(FILE), "tenants/eu/instances/a.yaml");
            assert_eq!(paths(&given).path("../us/./vars.yaml"), "tenants/us/vars.yaml");
            assert_eq!(paths(&given).root().unwrap(), "tenants/eu");
        }
        let absolute = root.join(FILE).display().to_string();
        assert_eq!(paths(&root).path(&absolute), "tenants/eu/instances/a.yaml");
        assert_eq!(paths(&root).path("../../../vars.yaml"), "../../../vars.yaml");
    }

    #[test]
    fn the_nearest_repository_counts_and_its_git_can_be_a_file() {
        let (_folder, top) = folder();
        let worktree = top.join("worktree");
        fs::create_dir_all(worktree.join("eu")).unwrap();
        fs::create_dir(top.join(".git")).unwrap();
        fs::write(worktree.join(".git"), "gitdir: /elsewhere\n").unwrap();
        assert_eq!(paths(&worktree.join("eu")).path(FILE), "eu/instances/a.yaml");
    }

    #[cfg(unix)]
    #[test]
    fn links_on_the_path_of_the_root_are_followed() {
        let (_folder, top) = folder();
        fs::create_dir_all(top.join("tenants/eu")).unwrap();
        fs::create_dir(top.join(".git")).unwrap();
        std::os::unix::fs::symlink("tenants/eu", top.join("current")).unwrap();
        assert_eq!(paths(&top.join("current")).path(FILE), "tenants/eu/instances/a.yaml");
        assert_eq!(paths(&top.join("current")).root().unwrap(), "tenants/eu");
    }

    #[test]
    fn without_git_the_checkout_is_the_top_and_otherwise_there_is_none() {
        let (_folder, top) = folder();
        let root = top.join("eu");
        fs::create_dir_all(&root).unwrap();
        let in_checkout = RepositoryPaths::below(&root, Some(top.clone()));
        assert_eq!(in_checkout.path(FILE), "eu/instances/a.yaml");
        for checkout in [None, Some(top.join("other"))] {
            let outside = RepositoryPaths::below(&root, checkout);
            assert_eq!((outside.path(FILE).as_str(), outside.root()), (FILE, None));
        }
        let relative =
            RepositoryPaths { given_root: "../eu".into(), root: top.join("eu"), top: None };
        assert_eq!(relative.path(FILE), "../eu/instances/a.yaml");
    }

    #[test]
    fn a_repository_in_or_outside_the_one_of_the_pipeline_is_another_one() {
        let (_folder, workspace) = folder();
        for repository in ["workspace/.git", "workspace/within/.git", "parts/one/.git"] {
            fs::create_dir_all(workspace.join(repository)).unwrap();
        }
        let can_be = |root: &str, checkout: &str| {
            paths(&workspace.join(root)).can_be_checkout(&workspace.join(checkout))
        };
        assert!(can_be("workspace", "workspace"));
        assert!(can_be("parts/one", "parts"));
        assert!(can_be("workspace", "folder/of/another/container"));
        assert!(!can_be("workspace/within", "workspace"));
        assert!(!can_be("workspace", "parts"));
    }
}

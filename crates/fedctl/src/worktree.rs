//! Whether a file comes with a spec: inside CI, what a pull request can change must not say where keys come from.

use std::path::{Path, PathBuf};

/// The outermost folder around a file that holds a `.git`: a submodule comes with the work tree around it.
pub fn of(file: &Path, exists: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    file.ancestors().skip(1).filter(|folder| exists(&folder.join(".git"))).last().map(Path::to_owned)
}

/// Whether a file is in a folder, however the path goes up and down on its way.
pub fn holds(folder: &Path, file: &Path) -> bool {
    plain(file).starts_with(plain(folder))
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(component),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_tree_is_the_outermost_folder_with_a_git() {
        let exists = |path: &Path| [Path::new("/a/b/.git"), Path::new("/a/b/c/.git")].contains(&path);
        assert_eq!(of(Path::new("/a/b/c/d/spec.yaml"), exists), Some(PathBuf::from("/a/b")));
        assert_eq!(of(Path::new("/a/spec.yaml"), exists), None);
        assert_eq!(of(Path::new("/a/b"), exists), None);
    }

    #[test]
    fn no_way_of_writing_a_path_leads_out() {
        let tree = Path::new("/a/b");
        for inside in ["/a/b/x", "/a/b/./x", "/a/c/../b/x", "/a/b/c/../../b/x", "/a/b"] {
            assert!(holds(tree, Path::new(inside)), "{inside}");
        }
        for outside in ["/a/bc/x", "/a/b/../x", "/x", "/a/b/c/../../x"] {
            assert!(!holds(tree, Path::new(outside)), "{outside}");
        }
    }
}

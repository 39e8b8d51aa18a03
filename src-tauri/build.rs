//! Compiles the screens, the icons and the capability file into the shell.
//!
//! The screens are made by `npm run build` in `ui/` beforehand; this script says so when they are missing, in place of a macro's riddle.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=../ui/dist/index.html");
    println!("cargo::rerun-if-changed=../icons");
    assert!(
        Path::new("../ui/dist/index.html").is_file(),
        "\n\n  The screens are not built: ui/dist/index.html is missing.\n  Build them first: cargo xtask ui (or: cd ui && npm ci && npm run build)\n"
    );
    tauri_build::build();
}

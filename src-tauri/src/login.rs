//! Starting with the user's session, without a window. Off until it is switched on.
//!
//! Always holds: there is no setting but the system's own entry, so that it is on exactly when the session starts it, whoever changed that.

use crate::shell::Shell;
use slipway_api::Failure;
use std::path::PathBuf;
use std::{env, io};
use tauri::{AppHandle, Manager, State};

/// What the session is to start.
struct Program {
    path: PathBuf,
    /// Its data folder, where that is not the usual one.
    data_dir: Option<PathBuf>,
}

impl Program {
    /// An AppImage is a file that holds the program, which is elsewhere at each start.
    fn this(shell: &Shell) -> io::Result<Self> {
        let program = env::current_exe()?;
        // Also told to all that an AppImage of somebody else has started.
        let is_inside = env::var_os("APPDIR").is_some_and(|dir| program.starts_with(dir));
        let image = env::var_os("APPIMAGE").filter(|_| is_inside);
        Ok(Self {
            path: image.map_or(program, PathBuf::from),
            data_dir: shell.own_data_dir.clone(),
        })
    }
}

#[tauri::command]
pub(crate) async fn shell_login_get(shell: State<'_, Shell>) -> Result<bool, ()> {
    let program = Program::this(&shell);
    Ok(program.is_ok_and(|program| system::is_on(&program)))
}

/// Answers how it is then.
#[tauri::command]
pub(crate) async fn shell_login_set(
    shell: State<'_, Shell>,
    request: bool,
) -> Result<bool, Failure> {
    let failed = |file: String, error: io::Error| {
        tracing::warn!(file, %error, "whether it starts at login cannot be changed");
        let failure = Failure::new("login_entry_failed").with("file", file);
        failure.with("detail", error)
    };
    let program = Program::this(&shell).map_err(|error| failed("slipway-desktop".into(), error))?;
    system::set(&program, request).map_err(|error| failed(system::place(&program), error))?;
    tracing::info!(request, "start at login");
    Ok(system::is_on(&program))
}

/// Points an entry whose program has been moved to where it is now.
pub(crate) fn renew(app: &AppHandle) {
    let renewed = Program::this(&app.state::<Shell>()).and_then(|program| system::renew(&program));
    if let Err(error) = renewed {
        tracing::warn!(%error, "the entry for the start at login cannot be renewed");
    }
}

#[cfg(target_os = "linux")]
mod system {
    //! An entry in the XDG autostart folder of the user. One for everybody, which an administrator may have put down, is covered by it.
    //!
    //! Sources: Desktop Application Autostart Specification 0.5, <https://specifications.freedesktop.org/autostart-spec/latest/>, and Desktop Entry
    //! Specification 1.5, 'The Exec key', <https://specifications.freedesktop.org/desktop-entry-spec/latest/>, both read 2026-11-22.

    use super::Program;
    use std::path::{Path, PathBuf};
    use std::{env, fs, io};

    const NAME: &str = "slipway-desktop";
    const COVER: &str = "[Desktop Entry]\nType=Application\nName=Slipway\nHidden=true\n";

    pub(super) fn is_on(program: &Program) -> bool {
        match fs::read_to_string(own(program).unwrap_or_default()) {
            Ok(text) => starts(&text),
            Err(_) => for_all(program),
        }
    }

    pub(super) fn set(program: &Program, on: bool) -> io::Result<()> {
        let path = own(program)?;
        if on {
            write(&path, &entry(program)?)
        } else if for_all(program) {
            write(&path, COVER)
        } else {
            match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                other => other,
            }
        }
    }

    /// An entry that somebody has switched off stays as it is, and one whose program is still there as well: it may be another version.
    pub(super) fn renew(program: &Program) -> io::Result<()> {
        let path = own(program)?;
        let Ok(text) = fs::read_to_string(&path) else {
            return Ok(());
        };
        let named = value(&text, "TryExec").map(|path| path.replace("\\\\", "\\"));
        if starts(&text) && named.is_some_and(|named| !Path::new(&named).exists()) {
            write(&path, &entry(program)?)?;
        }
        Ok(())
    }

    /// For sentences.
    pub(super) fn place(program: &Program) -> String {
        own(program).unwrap_or_default().display().to_string()
    }

    fn own(program: &Program) -> io::Result<PathBuf> {
        let folder = |name: &str| {
            let folder = env::var_os(name).map(PathBuf::from);
            folder.filter(|folder| folder.is_absolute())
        };
        let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
        let config = config.ok_or_else(|| io::Error::other("this user has no home folder"))?;
        Ok(config.join("autostart").join(name(program)))
    }

    /// Each data folder has an entry of its own.
    fn name(program: &Program) -> String {
        let own = program.data_dir.as_ref().map(|folder| {
            // FNV-1a: the name must be the same in every version.
            let bytes = folder.as_os_str().as_encoded_bytes().iter();
            let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
            });
            format!("-{hash:016x}")
        });
        format!("{NAME}{}.desktop", own.unwrap_or_default())
    }

    /// Whether the system starts it for each of its users.
    fn for_all(program: &Program) -> bool {
        let folders = env::var_os("XDG_CONFIG_DIRS").filter(|folders| !folders.is_empty());
        let folders = folders.unwrap_or_else(|| "/etc/xdg".into());
        env::split_paths(&folders)
            .map(|folder| folder.join("autostart").join(name(program)))
            .find_map(|path| fs::read_to_string(path).ok())
            .is_some_and(|text| starts(&text))
    }

    /// Desktops switch an entry off by a line in it.
    fn starts(text: &str) -> bool {
        let is = |key, what| value(text, key).is_some_and(|value| value == what);
        !is("Hidden", "true") && !is("X-GNOME-Autostart-enabled", "false")
    }

    fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        let found = lines.find(|(name, _)| name.trim() == key);
        found.map(|(_, value)| value.trim())
    }

    /// Whole or not at all.
    fn write(path: &Path, text: &str) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let part = path.with_extension("part");
        let written = fs::write(&part, text).and_then(|()| fs::rename(&part, path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }

    fn entry(program: &Program) -> io::Result<String> {
        let mut exec = quoted(&program.path)? + " --hidden";
        if let Some(folder) = &program.data_dir {
            exec = exec + " --data-dir " + &quoted(folder)?;
        }
        // A program that has been removed is passed over.
        let there = text(&program.path)?.replace('\\', "\\\\");
        Ok(format!(
            "[Desktop Entry]\nType=Application\nName=Slipway\nIcon=slipway\nExec={exec}\nTryExec={there}\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
        ))
    }

    fn text(path: &Path) -> io::Result<&str> {
        let text = path.to_str();
        text.filter(|text| !text.chars().any(char::is_control))
            .ok_or_else(|| io::Error::other(format!("{} is not one line of text", path.display())))
    }

    /// One argument of an Exec line: quoted, then written as a value of a desktop entry, which has escapes of its own.
    fn quoted(path: &Path) -> io::Result<String> {
        let mut argument = String::from('"');
        for c in text(path)?.chars() {
            match c {
                '"' | '`' | '$' | '\\' => argument.extend(['\\', c]),
                '%' => argument += "%%",
                c => argument.push(c),
            }
        }
        argument.push('"');
        Ok(argument.replace('\\', "\\\\"))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn program(path: &str, data_dir: Option<&str>) -> Program {
            Program {
                path: path.into(),
                data_dir: data_dir.map(PathBuf::from),
            }
        }

        #[test]
        fn a_path_with_anything_in_it_stays_one_argument() {
            let line = |path: &str| quoted(Path::new(path)).unwrap();
            assert_eq!(line("/opt/My Apps/slipway"), r#""/opt/My Apps/slipway""#);
            assert_eq!(line("/a/$x%"), r#""/a/\\$x%%""#);
            assert_eq!(line(r#"/a"\"#), r#""/a\\"\\\\""#);
            assert!(quoted(Path::new("/a\nExec=evil")).is_err());
        }

        #[test]
        fn an_entry_starts_the_program_hidden_on_its_own_data() {
            let usual = entry(&program("/usr/bin/slipway-desktop", None)).unwrap();
            assert!(usual.contains("\nExec=\"/usr/bin/slipway-desktop\" --hidden\n"));
            assert!(usual.contains("\nTryExec=/usr/bin/slipway-desktop\n"));
            let own = program("/opt/slipway-desktop", Some("/data/of mine"));
            let text = entry(&own).unwrap();
            assert!(text.contains("\" --hidden --data-dir \"/data/of mine\"\n"));
            assert_eq!(name(&program("/a", None)), "slipway-desktop.desktop");
            assert_eq!(name(&own), "slipway-desktop-9087292437fea119.desktop");
        }

        #[test]
        fn an_entry_that_was_switched_off_elsewhere_is_off() {
            let on = entry(&program("/usr/bin/slipway-desktop", None)).unwrap();
            assert!(starts(&on));
            assert!(!starts(&on.replace("enabled=true", "enabled=false")));
            assert!(!starts(&(on + "Hidden = true\n")));
            assert!(!starts(COVER));
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    //! The user's Run key on Windows, a launch agent on macOS.

    use super::Program;
    use auto_launch::{AutoLaunch, AutoLaunchBuilder};
    use std::io;

    const NAME: &str = "Slipway";

    fn entry(program: &Program) -> io::Result<AutoLaunch> {
        let quote = |text: String| {
            if cfg!(windows) {
                format!("\"{text}\"")
            } else {
                text
            }
        };
        let mut arguments = vec!["--hidden".to_owned()];
        if let Some(folder) = &program.data_dir {
            arguments.extend(["--data-dir".to_owned(), quote(folder.display().to_string())]);
        }
        let mut entry = AutoLaunchBuilder::new();
        entry
            .set_app_name(NAME)
            .set_app_path(&quote(program.path.display().to_string()))
            .set_args(&arguments);
        #[cfg(windows)]
        entry.set_windows_enable_mode(auto_launch::WindowsEnableMode::CurrentUser);
        #[cfg(target_os = "macos")]
        entry.set_macos_launch_mode(auto_launch::MacOSLaunchMode::LaunchAgent);
        entry.build().map_err(io::Error::other)
    }

    pub(super) fn is_on(program: &Program) -> bool {
        entry(program).is_ok_and(|entry| entry.is_enabled().unwrap_or(false))
    }

    pub(super) fn set(program: &Program, on: bool) -> io::Result<()> {
        let entry = entry(program)?;
        let done = if on { entry.enable() } else { entry.disable() };
        done.map_err(io::Error::other)
    }

    /// What is installed here is not moved.
    pub(super) fn renew(_: &Program) -> io::Result<()> {
        Ok(())
    }

    /// For sentences.
    pub(super) fn place(_: &Program) -> String {
        NAME.to_owned()
    }
}

//! The desktop shell: a window and a tray around the engine, the only code that names Tauri.
//!
//! Decides nothing about uploads. Whatever keeps it from starting is told in a sentence, never by a silent end.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod arguments;
mod bridge;
mod bubbles;
mod commands;
mod desktop;
mod files;
mod go;
mod instance;
mod log;
mod login;
mod notice;
mod page;
mod panel;
mod pick;
mod quit;
mod save;
mod settings;
mod shell;
mod start;
mod taskbar;
mod tray;
mod window;
mod words;

use arguments::Arguments;
use clap::Parser;
use shell::Shell;
use tauri::RunEvent;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    anyhow::ensure!(
        !desktop::no_display(),
        "Slipway's window needs a display, and there is none. On a server use the command `slipway`."
    );
    let files = arguments.files_from(std::env::current_dir().ok().as_deref())?;
    let data_dir = start::data_dir(&arguments)?;
    let log = log::start(&data_dir);
    let opened =
        tauri::async_runtime::block_on(instance::open(&files, arguments.hidden, &data_dir));
    if start::is_settled(&opened, arguments.hidden) {
        return Ok(());
    }
    let app = tauri::Builder::default()
        .plugin(tauri_plugin_store::Builder::default().build())
        .plugin(tauri_plugin_dialog::init())
        .manage(Shell::new(data_dir))
        .invoke_handler(commands::handler())
        .on_window_event(window::on_event)
        .setup(move |app| {
            start::start(app.handle(), files, arguments.hidden, opened);
            Ok(())
        })
        .build(tauri::generate_context!())?;
    let status = app.run_return(|app, event| match event {
        // Without a code it is the last window or the system that wants the end, not us.
        RunEvent::ExitRequested {
            code: None, api, ..
        } => {
            api.prevent_exit();
            quit::quit(app);
        }
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::show(app),
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            files::offer(
                app,
                urls.iter()
                    .filter_map(|url| url.to_file_path().ok())
                    .collect(),
            );
            window::show(app);
        }
        _ => {}
    });
    drop(log);
    std::process::exit(status)
}

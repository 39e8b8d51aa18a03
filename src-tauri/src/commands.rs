//! The api's list, made into commands of the window. A method that is missing there does not compile here.

#[allow(
    clippy::wildcard_imports,
    reason = "the list names most of what is there"
)]
use slipway_api::wire::*;
use slipway_api::{Api, Failure};
use slipway_model::{Account, AccountId, DraftId, UploadId, WatchId, line::Line};
use tauri::State;

macro_rules! shell {
    ($($name:ident($request:ty) -> $answer:ty),* $(,)?) => {
        $(
            #[tauri::command]
            pub(crate) async fn $name(api: State<'_, Api>, request: $request) -> Result<$answer, Failure> {
                api.$name(request).await
            }
        )*

        /// Every command a window may call: the api's, and the few that only a desktop shell can do.
        pub(crate) fn handler() -> impl Fn(tauri::ipc::Invoke) -> bool {
            tauri::generate_handler![
                $($name,)*
                crate::bridge::watch,
                crate::go::shell_go,
                crate::window::shell_hide,
                crate::login::shell_login_get,
                crate::login::shell_login_set,
                crate::settings::shell_looks_get,
                crate::settings::shell_looks_set,
                crate::page::shell_open_data_folder,
                crate::page::shell_open_folder,
                crate::page::shell_open_page,
                crate::page::shell_sign_in,
                crate::pick::shell_pick_files,
                crate::pick::shell_pick_folder,
                crate::pick::shell_pick_watch_folder,
                crate::pick::shell_save_text,
                crate::quit::shell_quit,
                crate::save::shell_save_history,
                crate::save::shell_save_receipt,
                crate::save::shell_save_report,
            ]
        }
    };
}
slipway_api::window_commands!(shell);

//! Systems with a tray that is always there.

use super::Panel;

pub(super) async fn follow(tell: impl Fn(Panel)) {
    tell(Panel {
        is_there: true,
        // Windows' is dark unless somebody changed it; macOS inks the icon itself.
        is_dark: cfg!(windows),
    });
    std::future::pending().await
}

//! The shell's own words: the tray, its menu, and native dialogs. The window's words are in `ui/src/i18n`, the sentences of failures in the api.

use slipway_api::sentence::Lang;
use slipway_model::finish::Finish;

pub(crate) struct Words {
    pub(crate) open: &'static str,
    pub(crate) pause_all: &'static str,
    pub(crate) resume_all: &'static str,
    pub(crate) add_files: &'static str,
    pub(crate) pause_for_an_hour: &'static str,
    pub(crate) use_for_an_hour: &'static str,
    pub(crate) quit: &'static str,
    pub(crate) keep_sending: &'static str,
    pub(crate) close_hint: &'static str,
    pub(crate) no_tray: &'static str,
    pub(crate) no_tray_hint: &'static str,
    pub(crate) runs_elsewhere: fn(displays: &str) -> String,
    pub(crate) finished: fn(then: &str) -> String,
    pub(crate) finish: fn(then: Finish) -> &'static str,
    pub(crate) soon: fn(then: Finish, left: &str) -> String,
    pub(crate) stay_on: &'static str,
    pub(crate) not_started: &'static str,
    pub(crate) turtle: fn(rate: &str) -> String,
    pub(crate) rate: fn(rate: &str) -> String,
    pub(crate) rate_and_time: fn(rate: &str, time: &str) -> String,
    pub(crate) left: fn(size: &str) -> String,
    pub(crate) needs_you: fn(uploads: u32) -> String,
    pub(crate) choose_videos: &'static str,
    pub(crate) choose_image: &'static str,
    pub(crate) choose_captions: &'static str,
    pub(crate) choose_folder: &'static str,
    pub(crate) save: &'static str,
    pub(crate) choose_list: &'static str,
    pub(crate) videos: &'static str,
    pub(crate) images: &'static str,
    pub(crate) captions: &'static str,
    pub(crate) lists: &'static str,
    pub(crate) all_files: &'static str,
}

pub(crate) fn of(lang: Lang) -> &'static Words {
    match lang {
        Lang::En => &EN,
        Lang::ZhCn => &ZH_CN,
        Lang::Ja => &JA,
    }
}

static EN: Words = Words {
    open: "Open Slipway",
    pause_all: "Pause all",
    resume_all: "Resume all",
    add_files: "Add files…",
    pause_for_an_hour: "Pause for 1 hour",
    use_for_an_hour: "Use this network for 1 hour",
    quit: "Quit",
    keep_sending: "Keep sending",
    close_hint: "Slipway keeps sending when its window is closed. Its icon in the tray shows how far it is, opens the window again, and quits.",
    no_tray: "This desktop has no tray",
    no_tray_hint: "This desktop shows no tray icons, so Slipway is on the taskbar while its window is closed, and keeps sending. On GNOME, the extension AppIndicator and KStatusNotifierItem Support shows them.",
    runs_elsewhere: |displays| {
        format!(
            "Slipway runs in another desktop session of yours, on {displays}. Files that you open here go there, where its window is shown. To use it here, quit it there first."
        )
    },
    finished: |then| format!("When finished: {}", then.to_lowercase()),
    finish: |then| match then {
        Finish::Nothing => "Do nothing",
        Finish::Sleep => "Sleep",
        Finish::Hibernate => "Hibernate",
        Finish::ShutDown => "Shut down",
    },
    soon: |then, left| match then {
        Finish::Nothing => String::new(),
        Finish::Sleep => format!("Sleeping in {left}"),
        Finish::Hibernate => format!("Hibernating in {left}"),
        Finish::ShutDown => format!("Shutting down in {left}"),
    },
    stay_on: "Stay on",
    not_started: "Slipway could not start",
    turtle: |rate| format!("Turtle, {rate}"),
    rate: |rate| format!("Sending at {rate}"),
    rate_and_time: |rate, time| format!("{rate}, {time} left"),
    left: |size| format!("{size} left"),
    needs_you: |uploads| match uploads {
        1 => "1 upload needs you".to_owned(),
        _ => format!("{uploads} uploads need you"),
    },
    choose_videos: "Choose videos",
    choose_image: "Choose an image",
    choose_captions: "Choose captions",
    choose_folder: "Choose a folder",
    save: "Save",
    choose_list: "Choose a list of manuscripts or templates",
    videos: "Videos",
    images: "Images",
    captions: "Captions",
    lists: "Lists",
    all_files: "All files",
};

static ZH_CN: Words = Words {
    open: "打开 Slipway",
    pause_all: "全部暂停",
    resume_all: "全部继续",
    add_files: "添加文件…",
    pause_for_an_hour: "暂停 1 小时",
    use_for_an_hour: "使用此网络 1 小时",
    quit: "退出",
    keep_sending: "继续上传",
    close_hint: "关闭窗口后，Slipway 会继续上传。托盘图标显示进度，也可以重新打开窗口或退出。",
    no_tray: "此桌面没有托盘",
    no_tray_hint: "此桌面不显示托盘图标，因此关闭窗口后 Slipway 会留在任务栏并继续上传。在 GNOME 上，扩展 AppIndicator and KStatusNotifierItem Support 可以显示托盘图标。",
    runs_elsewhere: |displays| {
        format!(
            "Slipway 正在你的另一个桌面会话（{displays}）中运行。在这里打开的文件会交给它，窗口显示在那里。要在这里使用，请先在那里退出。"
        )
    },
    finished: |then| format!("完成之后：{then}"),
    finish: |then| match then {
        Finish::Nothing => "不执行操作",
        Finish::Sleep => "睡眠",
        Finish::Hibernate => "休眠",
        Finish::ShutDown => "关机",
    },
    soon: |then, left| match then {
        Finish::Nothing => String::new(),
        Finish::Sleep => format!("{left}后睡眠"),
        Finish::Hibernate => format!("{left}后休眠"),
        Finish::ShutDown => format!("{left}后关机"),
    },
    stay_on: "保持开机",
    not_started: "Slipway 无法启动",
    turtle: |rate| format!("慢速，{rate}"),
    rate: |rate| format!("正在以 {rate} 上传"),
    rate_and_time: |rate, time| format!("{rate}，剩余 {time}"),
    left: |size| format!("剩余 {size}"),
    needs_you: |uploads| format!("{uploads} 个上传需要你处理"),
    choose_videos: "选择视频",
    choose_image: "选择图片",
    choose_captions: "选择字幕",
    choose_folder: "选择文件夹",
    save: "保存",
    choose_list: "选择稿件列表或模板文件",
    videos: "视频",
    images: "图片",
    captions: "字幕",
    lists: "列表",
    all_files: "所有文件",
};

static JA: Words = Words {
    open: "Slipway を開く",
    pause_all: "すべて一時停止",
    resume_all: "すべて再開",
    add_files: "ファイルを追加…",
    pause_for_an_hour: "1 時間だけ一時停止",
    use_for_an_hour: "このネットワークを 1 時間使う",
    quit: "終了",
    keep_sending: "アップロードを続ける",
    close_hint: "ウィンドウを閉じても、Slipway はアップロードを続けます。トレイのアイコンで進み具合を確認し、ウィンドウを開き直したり終了したりできます。",
    no_tray: "このデスクトップにはトレイがありません",
    no_tray_hint: "このデスクトップはトレイのアイコンを表示しないため、ウィンドウを閉じると Slipway はタスクバーに入り、アップロードを続けます。GNOME では拡張機能 AppIndicator and KStatusNotifierItem Support で表示できます。",
    runs_elsewhere: |displays| {
        format!(
            "Slipway は別のデスクトップセッション（{displays}）で動作中です。ここで開いたファイルはそちらに渡され、ウィンドウもそちらに表示されます。ここで使うには、先にそちらで終了してください。"
        )
    },
    finished: |then| format!("完了したら：{then}"),
    finish: |then| match then {
        Finish::Nothing => "何もしない",
        Finish::Sleep => "スリープ",
        Finish::Hibernate => "休止状態",
        Finish::ShutDown => "シャットダウン",
    },
    soon: |then, left| match then {
        Finish::Nothing => String::new(),
        Finish::Sleep => format!("{left}後にスリープします"),
        Finish::Hibernate => format!("{left}後に休止状態にします"),
        Finish::ShutDown => format!("{left}後にシャットダウンします"),
    },
    stay_on: "つけたままにする",
    not_started: "Slipway を起動できません",
    turtle: |rate| format!("低速、{rate}"),
    rate: |rate| format!("{rate} でアップロード中"),
    rate_and_time: |rate, time| format!("{rate}、残り {time}"),
    left: |size| format!("残り {size}"),
    needs_you: |uploads| format!("{uploads} 件のアップロードに対応が必要です"),
    choose_videos: "動画を選択",
    choose_image: "画像を選択",
    choose_captions: "字幕を選択",
    choose_folder: "フォルダーを選択",
    save: "保存",
    choose_list: "原稿のリストまたはテンプレートを選択",
    videos: "動画",
    images: "画像",
    captions: "字幕",
    lists: "リスト",
    all_files: "すべてのファイル",
};

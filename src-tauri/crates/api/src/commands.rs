//! The list of commands, once. Every way in is made from it: methods, the window's commands, the socket, the TypeScript type.
//!
//! Queries and commands are named noun first. Each takes one request and gives one answer or a [`crate::Failure`].

/// Calls `$with!` with the commands that a window may call. A path never comes in here: files are offered by the shell.
#[macro_export]
macro_rules! window_commands {
    ($with:ident) => {
        $with! {
            start(Empty) -> Start,
            queue_window(QueueWindow) -> QueuePage,
            queue_summary(Empty) -> Summary,
            queue_index(UploadId) -> Option<u32>,
            queue_watch(RowsInView) -> Empty,
            upload_detail(UploadId) -> UploadDetail,
            uploads_pause(UploadSet) -> Changed,
            uploads_resume(UploadSet) -> Changed,
            uploads_cancel(UploadSet) -> Changed,
            uploads_retry(UploadSet) -> Changed,
            uploads_remove(UploadSet) -> Changed,
            upload_move(UploadMove) -> Empty,
            uploads_start_at(StartAt) -> Changed,
            uploads_let_go(UploadSet) -> Changed,
            uploads_leave(UploadSet) -> Changed,
            upload_set_fields(UploadFields) -> Empty,
            uploads_set_fields(UploadsFields) -> FieldsSet,
            upload_set_file(UploadFile) -> Empty,
            upload_resubmit(UploadFields) -> Empty,
            history_overview(HistoryFilter) -> HistoryOverview,
            history_window(HistoryWindow) -> Vec<HistoryRow>,
            history_again(UploadId) -> SendAgain,
            receipt(UploadId) -> UploadReceipt,
            receipt_page(ReceiptPage) -> String,
            files_offered(Empty) -> Vec<OfferedFile>,
            files_forget(Vec<u32>) -> Empty,
            addresses_offer(Vec<$crate::wire::Secret>) -> Vec<OfferedFile>,
            cover_frame(CoverFrame) -> CoverPicture,
            cover_frame_keep(CoverFrame) -> OfferedFile,
            cover_image(u32) -> CoverImage,
            manuscripts_check(NewManuscripts) -> Vec<Preflight>,
            manuscripts_add(NewManuscripts) -> Added,
            drafts(Empty) -> Vec<DraftRow>,
            draft_save(DraftSave) -> DraftSaved,
            draft_open(DraftId) -> Draft,
            draft_remove(DraftId) -> Empty,
            manuscripts_import(ListImport) -> ListImported,
            list_header(Vec<String>) -> String,
            templates(Empty) -> Vec<Template>,
            template_save(TemplateSave) -> Empty,
            template_remove(String) -> Empty,
            templates_import(TemplatesImport) -> TemplatesImported,
            templates_export(Vec<String>) -> TemplatesFile,
            templates_preview(NewManuscripts) -> Vec<Filled>,
            platforms(Empty) -> Platforms,
            accounts(Empty) -> Vec<AccountRow>,
            account_add(NewAccount) -> Account,
            account_check(AccountId) -> AccountChecked,
            account_set(AccountChange) -> Account,
            account_remove(AccountId) -> Empty,
            account_sign_in(AccountId) -> SignInStarted,
            account_sign_in_end(SignInEnd) -> AccountChecked,
            account_sign_in_cancel(AccountId) -> Empty,
            account_tokens(AccountId) -> Vec<UploadTokenRow>,
            account_token(UploadTokenNamed) -> UploadTokenRow,
            account_token_add(NewUploadToken) -> UploadTokenRow,
            account_token_remove(UploadTokenNamed) -> Empty,
            account_choices(AccountField) -> Vec<FieldChoice>,
            account_choices_kept(AccountField) -> ChoicesKept,
            account_works(WorksPage) -> WorksListing,
            account_work_edit(WorkEdit) -> Empty,
            account_work_delete(WorkNamed) -> Empty,
            speed(Empty) -> Speed,
            queue_rest(Rest) -> Rest,
            limit_set(Limit) -> Limit,
            turtle_set(TurtleChange) -> Speed,
            account_limit_set(AccountLimit) -> Empty,
            uploads_limit_set(UploadsLimit) -> Changed,
            timetable(Empty) -> Timetable,
            timetable_set(TimetableChange) -> Timetable,
            power(Empty) -> Power,
            power_set(PowerChange) -> Power,
            power_cancel(Empty) -> Power,
            line(Empty) -> Line,
            line_set(Line) -> Line,
            hours(Empty) -> Hours,
            hours_set(HoursChange) -> Hours,
            network(Empty) -> NetworkStatus,
            network_rule_set(NetworkRuleSet) -> NetworkStatus,
            network_budget_set(NetworkBudget) -> NetworkStatus,
            network_pass(NetworkPass) -> NetworkStatus,
            notice_choices(Empty) -> NoticeChoices,
            notice_choices_set(NoticeChoices) -> NoticeChoices,
        }
    };
}

/// Calls `$with!` with what only programs of the same user may call besides: these name paths.
#[macro_export]
macro_rules! local_commands {
    ($with:ident) => {
        $with! {
            files_offer(Vec<std::path::PathBuf>) -> Vec<OfferedFile>,
        }
    };
}

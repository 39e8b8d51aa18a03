//! Covers on their way to platforms: one image, cut and written for each as it takes it, also when its file has gone.

use crate::house::{House, MIB, map, sha256};
use image::{DynamicImage, ImageEncoder as _, Rgb, RgbImage, codecs::jpeg::JpegEncoder};
use slipway_api::wire::{CoverFrame, NewManuscripts};
use slipway_cover::make;
use slipway_model::{AccountId, PhaseName, spec::CoverLimits};
use slipway_sites::Site;
use std::{path::PathBuf, process::Command};

/// What one account is told to keep to: less than the photograph has.
const FEW_BYTES: u64 = 300_000;

/// A photograph as a telephone writes it: noisy, lying on its side, with words about where it was taken.
fn photograph() -> Vec<u8> {
    let mut state = 9_u32;
    let image = RgbImage::from_fn(750, 1000, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 26) as u8;
        Rgb([(x / 8) as u8 ^ noise, (y / 8) as u8 ^ noise, noise])
    });
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([6, 0, 0, 0, 0, 0, 0, 0]);
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 98);
    encoder.set_exif_metadata(exif).unwrap();
    DynamicImage::ImageRgb8(image)
        .write_with_encoder(encoder)
        .unwrap();
    bytes
}

fn rule(platform: &str) -> CoverLimits {
    let found = slipway_platforms::find(platform).unwrap();
    let mut rule = found.spec().limits.cover.clone().unwrap();
    if platform == "bilibili" {
        rule.max_bytes = FEW_BYTES;
    }
    rule
}

async fn account(house: &House, site: &dyn Site) -> AccountId {
    let settings = site.settings().into_iter();
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let secrets = site.secrets();
    let secrets: Vec<_> = secrets.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let platform = site.platform();
    let few = (platform == "bilibili").then(|| "limits.cover_max_bytes".to_owned());
    let few = few.map(|name| (name, FEW_BYTES.to_string()));
    house
        .account(platform, platform, settings.chain(few).collect(), &secrets)
        .await
}

async fn offered(house: &House, paths: Vec<PathBuf>) -> Vec<u32> {
    let offered = house.api.files_offer(paths).await.unwrap();
    offered.into_iter().map(|one| one.file).collect()
}

fn three_seconds(house: &House) -> PathBuf {
    let path = house.path("three.mp4");
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-f", "lavfi", "-i"])
        .arg("testsrc2=size=1280x720:rate=10:duration=3")
        .args(["-c:v", "libx264", "-preset", "ultrafast"])
        .arg(&path)
        .status();
    assert!(made.expect("ffmpeg is installed by the set-up").success());
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn each_platform_gets_the_cover_that_it_takes_though_the_image_has_gone() {
    let house = House::new().await;
    let image = house.path("photograph.jpg");
    let source = photograph();
    assert!(source.len() as u64 > FEW_BYTES, "{} bytes", source.len());
    std::fs::write(&image, &source).unwrap();
    let mut sites = Vec::new();
    let mut accounts = vec![house.folder_account().await];
    let mut fields = map([("title", "Harbour"), ("cover_crop", "16:10=0")]);
    for (seed, platform) in slipway_sites::PLATFORMS.into_iter().enumerate() {
        let site = slipway_sites::start(platform, seed as u64).await;
        accounts.push(account(&house, &*site).await);
        let own = site.fields().into_iter();
        fields.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        sites.push(site);
    }
    let files = offered(&house, vec![house.video("sea.mp4", 2 * MIB), image.clone()]).await;
    let new = NewManuscripts {
        files: vec![files[0]],
        cover: Some(files[1]),
        accounts,
        fields,
        hold: true,
        ..NewManuscripts::default()
    };
    let uploads = house.api.manuscripts_add(new).await.unwrap().uploads;
    std::fs::remove_file(&image).unwrap();
    for id in &uploads {
        house.api.uploads_resume(House::these(*id)).await.unwrap();
    }
    for id in &uploads {
        house.until_phase(*id, PhaseName::Published).await;
    }
    // What is published of covers: formats, most bytes, least sides, ratio.
    for (platform, max_bytes, min, ratio) in [
        ("bilibili", FEW_BYTES, (960, 600), Some(1.6)),
        ("api-video", 8 << 20, (1, 1), None),
        ("aliyun-vod", u64::MAX, (1, 1), None),
    ] {
        let made = make(&source, &rule(platform), 0).unwrap();
        let shown = image::load_from_memory(&made.bytes).unwrap();
        let (width, height) = (shown.width(), shown.height());
        assert!(made.bytes.len() as u64 <= max_bytes, "{platform}");
        assert!(width >= min.0 && height >= min.1, "{platform}");
        if let Some(ratio) = ratio {
            let off = f64::from(width) - ratio * f64::from(height);
            assert!(off.abs() <= 1.0, "{platform}: {width}x{height}");
        }
        let site = sites.iter().find(|site| site.platform() == platform);
        let received = site.unwrap().covers().await;
        assert_eq!(received, [sha256(&made.bytes)], "{platform}");
    }
    for platform in ["wangsu", "bluesky"] {
        let site = sites.iter().find(|site| site.platform() == platform);
        assert!(site.unwrap().covers().await.is_empty(), "{platform}");
    }
    let beside = std::fs::read(house.path("archive/sea.mp4.jpg")).unwrap();
    let upright = image::load_from_memory(&beside).unwrap();
    assert_eq!((upright.width(), upright.height()), (1000, 750));
    assert!(
        !beside.windows(4).any(|w| w == b"Exif"),
        "where it was taken"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_the_video_becomes_its_cover() {
    let house = House::new().await;
    let account = house.folder_account().await;
    let video = three_seconds(&house);
    let files = offered(&house, vec![video.clone()]).await;
    let asked = CoverFrame {
        file: files[0],
        at_ms: 1500,
    };
    let small = house.api.cover_frame(asked).await.unwrap();
    assert!(small.url.starts_with("data:image/jpeg;base64,"));
    let frame = house.api.cover_frame_keep(asked).await.unwrap();
    assert_eq!((frame.name.as_str(), &frame.cause), ("00:01.500", &None));
    let seen = house.api.cover_image(frame.file).await.unwrap();
    assert_eq!((seen.width_px, seen.height_px), (1280, 720));
    let new = NewManuscripts {
        files: files.clone(),
        cover: Some(frame.file),
        accounts: vec![account],
        ..NewManuscripts::default()
    };
    let added = house.api.manuscripts_add(new).await.unwrap();
    house
        .until_phase(added.uploads[0], PhaseName::Published)
        .await;
    let beside = std::fs::read(house.path("archive/three.mp4.jpg")).unwrap();
    assert_eq!(
        slipway_media::frame(&video, 1500, None).unwrap(),
        beside,
        "it fits as it is"
    );
    let late = CoverFrame {
        at_ms: 60_000,
        ..asked
    };
    let files = offered(&house, vec![video]).await;
    let late = CoverFrame {
        file: files[0],
        ..late
    };
    let failure = house.api.cover_frame(late).await.unwrap_err();
    assert_eq!(failure.code, "cover_frame_none");
    assert_eq!(failure.params["seconds"], "60.000");
}

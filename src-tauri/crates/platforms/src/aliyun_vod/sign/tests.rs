//! Vectors with invented keys, computed by the vendor's SDKs (versions in the README).

use super::{storage::canonical, *};

const BUCKET: &str = "outin-0123456789abcdef0123456789abcdef";
const OBJECT: &str = "sv/4f1c2d3e-19b8a7c6d5e/夏日 clip+1.mp4";
const TOKEN: &str = "ExampleSecurityToken+/0123456789==";
const UPLOAD: &str = "0004B9894A22E5B1888A1E29F8236E2D";
const NOTE: &str = "eyJWb2QiOnsiVGl0bGUiOiJ0In19";
const MD5: &str = "XrY7u+Ae7tCTyyK7j1rNww==";

fn lasting() -> Key {
    Key {
        id: "EXAMPLE-AK-ID-0001".into(),
        secret: "example-secret-for-tests-only-01".into(),
        token: None,
    }
}

fn temporary() -> Key {
    Key {
        id: "STS.EXAMPLE-TEMP-ID-0001".into(),
        secret: "example-temp-secret-for-tests-01".into(),
        token: Some(TOKEN.into()),
    }
}

#[test]
fn names_and_values_are_encoded_as_the_platform_encodes_them() {
    assert_eq!(encode("夏 日*~1+/,"), "%E5%A4%8F%20%E6%97%A5%2A~1%2B%2F%2C");
    assert_eq!(
        encode_path("sv/夏日 clip+1.mp4"),
        "sv/%E5%A4%8F%E6%97%A5%20clip%2B1.mp4"
    );
}

#[test]
fn rpc_v1_agrees_with_the_vendors_clients() {
    let refresh = [
        ("AccessKeyId", "EXAMPLE-AK-ID-0001"),
        ("Action", "RefreshUploadVideo"),
        ("Format", "JSON"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", "3f2a9c10-5b1d-4e0a-9c6e-0123456789ac"),
        ("SignatureVersion", "1.0"),
        ("Timestamp", "2026-01-02T03:04:05Z"),
        ("Version", "2017-03-21"),
        ("VideoId", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
    ];
    assert_eq!(
        rpc_v1("GET", &refresh, &lasting()),
        "P0y0ilimbDtg2TSgXMT6sIQbdHo="
    );
    let create = [
        ("Title", "夏日 Vlog*~1"),
        ("AccessKeyId", "STS.EXAMPLE-TEMP-ID-0001"),
        ("Action", "CreateUploadVideo"),
        ("CateId", "1001"),
        ("FileName", r"D:\clips\a b.mp4"),
        ("FileSize", "20971520"),
        ("Format", "JSON"),
        ("SecurityToken", TOKEN),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", "3f2a9c10-5b1d-4e0a-9c6e-0123456789ab"),
        ("SignatureVersion", "1.0"),
        ("Tags", "tag1,tag2"),
        ("Timestamp", "2026-01-02T03:04:05Z"),
        (
            "UserData",
            r#"{"AccelerateConfig":{"Type":"oss","Domain":"https://oss-accelerate.aliyuncs.com"}}"#,
        ),
        ("Version", "2017-03-21"),
    ];
    assert_eq!(
        rpc_v1("GET", &create, &temporary()),
        "u1iIu3ERM1B8OxWAV62Zx/rC+7c="
    );
    assert_eq!(
        rpc_v1("POST", &create, &temporary()),
        "n2PYK/W7VG0NlIIvLpN6+YDzPlI="
    );
    let assume = [
        ("AccessKeyId", "EXAMPLE-AK-ID-0001"),
        ("Action", "AssumeRole"),
        ("DurationSeconds", "3600"),
        ("Format", "JSON"),
        ("RoleArn", "acs:ram::1000000000000001:role/vod-upload"),
        ("RoleSessionName", "alice"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", "3f2a9c10-5b1d-4e0a-9c6e-0123456789ad"),
        ("SignatureVersion", "1.0"),
        ("Timestamp", "2026-01-02T03:04:05Z"),
        ("Version", "2015-04-01"),
    ];
    assert_eq!(
        rpc_v1("GET", &assume, &lasting()),
        "zBYjF1Aaw1fZ4DXtdnBeHCRUjg4="
    );
}

#[test]
fn acs3_agrees_with_the_vendors_clients() {
    let params = [
        ("Title", "夏日 Vlog*~1"),
        ("FileName", r"D:\clips\a b.mp4"),
        ("Tags", "tag1,tag2"),
    ];
    let empty = sha256(b"");
    let headers = [
        ("host", "vod.cn-shanghai.aliyuncs.com"),
        ("x-acs-accesskey-id", "STS.EXAMPLE-TEMP-ID-0001"),
        ("x-acs-action", "CreateUploadVideo"),
        ("x-acs-content-sha256", &empty),
        ("x-acs-date", "2026-01-02T03:04:05Z"),
        ("x-acs-security-token", TOKEN),
        ("x-acs-signature-nonce", "3f2a9c105b1d4e0a9c6e0123456789ab"),
        ("x-acs-version", "2017-03-21"),
    ];
    assert_eq!(
        acs3("POST", &params, &headers, &temporary()),
        "ACS3-HMAC-SHA256 Credential=STS.EXAMPLE-TEMP-ID-0001,SignedHeaders=host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;\
         x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,\
         Signature=b2032940a5e2d317c25d46d4b54b756be25eaafbf7254209661afbd9608aa2be"
    );
}

/// Verb, query, further headers, signature V1, hash of V4's canonical request, signature V4.
type Row<'a> = (
    &'a str,
    &'a [(&'a str, &'a str)],
    &'a [(&'a str, &'a str)],
    &'a str,
    &'a str,
    &'a str,
);

const ROWS: [Row<'static>; 6] = [
    (
        "POST",
        &[("uploads", "")],
        &[("content-type", "video/mp4"), ("x-oss-notification", NOTE)],
        "cXofTnj1++I0pQPCoUcV5CR1GpQ=",
        "0274f4f4e5466cf9e20a43c6a8ec2f6f2864826c8df3ae0a9e06ceb949507d49",
        "1233ceb0bd53b8d7cd6dd31232fbfe14cf3569a67a23335a9468a4abafded0d4",
    ),
    (
        "PUT",
        &[("uploadId", UPLOAD), ("partNumber", "1")],
        &[],
        "kUI/hAfwtM4l8T6GlWHmbycxkEQ=",
        "3e72adeffb28ca4053704c24a7b2189eaafacc5cc85d460394d1c749006b70de",
        "bafad38f36a4b08d5161afc495053386b8f3ae8c48162eaae4e37a4d3e5999b3",
    ),
    (
        "GET",
        &[("uploadId", UPLOAD), ("max-parts", "1000")],
        &[],
        "AWYRa/kVRtzRqG/WhStKqJDyVl0=",
        "cc2cbc62ef228bf781eff151fe8fe8316a2219799b5313eea4f26f4640a2d8f1",
        "4aaada1f70fb30dbf3ed25ccde5ffd65e59cd4b8cebbc3e55f7e384a5d17f446",
    ),
    (
        "POST",
        &[("uploadId", UPLOAD)],
        &[("content-type", "application/xml")],
        "MAFobee9YeT6HLKFd4Nv7k88ao0=",
        "6c847900e7c2009bfcf584644541d3da201a2623b0c146d001e8bdcafaa875a6",
        "e1d20780cc144e976770f9dce04bb02cd78dcb8e34c1c18206909e0fa025646d",
    ),
    (
        "DELETE",
        &[("uploadId", UPLOAD)],
        &[],
        "Qp2EX+PrjxAyd7abKNkE3LBlxcE=",
        "2a8bbaabd0feb552c4301f1fe0de42e01f6837568ed89f8943d3a695a31e6e16",
        "c8af1f4f82aacb47b9c6aff24cb8bd7650d1be644d208c4157b2f9bb72c3cbae",
    ),
    (
        "PUT",
        &[],
        &[("content-type", "video/mp4"), ("content-md5", MD5)],
        "uV3VAy0YRNpyl1FMnJmF/1JZdXE=",
        "4f8b0e2c4383b1855cd00da3978c962d6aa625363de333fb4f76e5e821dc1a86",
        "ffccf65de01b192dca8301a786f1d61687db6518d18e890e3a05754c5699cfba",
    ),
];

#[test]
fn the_storages_signatures_agree_with_the_vendors_clients() {
    for (verb, query, more, first, hash, fourth) in ROWS {
        let mut headers = vec![("x-oss-security-token", TOKEN)];
        headers.extend_from_slice(more);
        let request = |headers: &[(&str, &str)]| {
            let request = Request {
                verb,
                bucket: BUCKET,
                key: OBJECT,
                query,
                headers,
            };
            (
                v1(&request, "Fri, 02 Jan 2026 03:04:05 GMT", &temporary()),
                sha256(canonical(&request).as_bytes()),
                v4(&request, "20260102T030405Z", "cn-shanghai", &temporary()),
            )
        };
        let (old, ..) = request(&headers);
        assert_eq!(old, format!("OSS STS.EXAMPLE-TEMP-ID-0001:{first}"));
        headers.push(("x-oss-content-sha256", "UNSIGNED-PAYLOAD"));
        headers.push(("x-oss-date", "20260102T030405Z"));
        let (_, canonical, new) = request(&headers);
        assert_eq!(canonical, hash, "{verb} {query:?}");
        assert_eq!(
            new,
            format!(
                "OSS4-HMAC-SHA256 Credential=STS.EXAMPLE-TEMP-ID-0001/20260102/cn-shanghai/oss/aliyun_v4_request,Signature={fourth}"
            )
        );
    }
}

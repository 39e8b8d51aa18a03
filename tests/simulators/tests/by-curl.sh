#!/bin/sh
# Publishes one file with curl and openssl alone, so that the signature is not ours on both sides.
# usage: by-curl.sh URL CLIENT_ID APP_SECRET ACCESS_TOKEN FILE COVER
set -eu
url=$1 id=$2 secret=$3 token=$4 file=$5 cover=$6

# Signs for the body $1 and prints curl's header options, one a line.
headers() {
  md5=$(printf %s "$1" | openssl md5 -r | cut -d' ' -f1)
  nonce=$(openssl rand -hex 16)
  now=$(date +%s)
  line=$(printf 'x-bili-accesskeyid:%s\nx-bili-content-md5:%s\nx-bili-signature-method:HMAC-SHA256\nx-bili-signature-nonce:%s\nx-bili-signature-version:2.0\nx-bili-timestamp:%s' \
    "$id" "$md5" "$nonce" "$now")
  signature=$(printf %s "$line" | openssl dgst -sha256 -hmac "$secret" -r | cut -d' ' -f1)
  printf 'header = "%s"\n' "Accept: application/json" "access-token: $token" "x-bili-accesskeyid: $id" \
    "x-bili-content-md5: $md5" "x-bili-signature-method: HMAC-SHA256" "x-bili-signature-nonce: $nonce" \
    "x-bili-signature-version: 2.0" "x-bili-timestamp: $now" "Authorization: $signature"
}

# The value of the string field $1 in the JSON on standard input.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

signed() { # METHOD PATH BODY
  headers "$3" | curl -sSf --noproxy '*' -K - -X "$1" -H 'Content-Type: application/json' --data-raw "$3" "$url/arcopen/fn/$2"
}

upload=$(signed POST archive/video/init '{"name":"clip.mp4","utype":"0"}' | field upload_token)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
split -b 1048576 -d -a 4 "$file" "$work/part-"
number=0
for part in "$work"/part-*; do
  number=$((number + 1))
  curl -sSf --noproxy '*' -H 'Content-Type: application/octet-stream' --data-binary "@$part" \
    "$url/video/v2/part/upload?upload_token=$upload&part_number=$number" >"$work/answer"
  grep -q '"code":0' "$work/answer"
done
signed POST "archive/video/complete?upload_token=$upload" '' | grep -q '"code":0'
picture=$(headers '' | curl -sSf --noproxy '*' -K - -F "file=@$cover" "$url/arcopen/fn/archive/cover/upload" | field url)
body='{"title":"由 curl 发布","cover":"'$picture'","tid":21,"tag":"旅行,海边","desc":"周末","copyright":1}'
signed POST "archive/add-by-utoken?upload_token=$upload" "$body" | field resource_id

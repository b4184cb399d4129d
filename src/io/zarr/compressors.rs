//! Which compressors a new array gets: those of its encoding, in the words of either version of the format.

use serde_json::{Value, json};

use super::options::ZarrFormat;
use crate::labels::{AttrValue, Variable};

/// The compressors of the encoding if all can be written, else the default of zarr-python.
pub(super) fn of(variable: &Variable, format: ZarrFormat) -> Vec<Value> {
    let item = variable.dtype().size();
    if let Some(AttrValue::Json(Value::Array(given))) = variable.encoding.get("compressors")
        && let Some(all) = given.iter().map(|c| translated(c, format, item)).collect::<Option<Vec<_>>>()
        && (format == ZarrFormat::V3 || all.len() <= 1)
    {
        return all;
    }
    vec![match format {
        ZarrFormat::V3 => json!({"name": "zstd", "configuration": {"level": 0, "checksum": false}}),
        ZarrFormat::V2 => json!({"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}),
    }]
}

/// How blosc shuffles, by the number that v2 has for it.
const SHUFFLES: [&str; 3] = ["noshuffle", "shuffle", "bitshuffle"];

/// A compressor in the words of a version of the format; `None` if it is not known there.
fn translated(codec: &Value, format: ZarrFormat, item: usize) -> Option<Value> {
    match (codec["name"].as_str(), codec["id"].as_str(), format) {
        (Some("zstd" | "blosc" | "gzip" | "crc32c"), _, ZarrFormat::V3)
        | (None, Some("zstd" | "blosc" | "gzip" | "zlib" | "bz2"), ZarrFormat::V2) => Some(codec.clone()),
        (Some(name), _, ZarrFormat::V2) => {
            let c = &codec["configuration"];
            match name {
                "zstd" => Some(json!({"id": name, "level": c["level"], "checksum": c["checksum"]})),
                "gzip" => Some(json!({"id": name, "level": c["level"]})),
                "blosc" => {
                    let shuffle = SHUFFLES.iter().position(|s| c["shuffle"] == *s)?;
                    let (cname, clevel, blocksize) = (&c["cname"], &c["clevel"], &c["blocksize"]);
                    Some(json!({
                        "id": name, "cname": cname, "clevel": clevel, "shuffle": shuffle, "blocksize": blocksize,
                    }))
                }
                _ => None,
            }
        }
        (None, Some(id), ZarrFormat::V3) => match id {
            "zstd" => {
                let checksum = codec["checksum"].as_bool().unwrap_or(false);
                Some(json!({"name": id, "configuration": {"level": codec["level"], "checksum": checksum}}))
            }
            "gzip" => Some(json!({"name": id, "configuration": {"level": codec["level"]}})),
            "blosc" => {
                // -1 is what numcodecs calls automatic: by bits for single bytes.
                let shuffle = match codec["shuffle"].as_i64()? {
                    -1 if item == 1 => "bitshuffle",
                    -1 => "shuffle",
                    n => SHUFFLES.get(usize::try_from(n).ok()?)?,
                };
                let (cname, clevel, blocksize) = (&codec["cname"], &codec["clevel"], &codec["blocksize"]);
                Some(json!({"name": id, "configuration": {
                    "cname": cname, "clevel": clevel, "shuffle": shuffle, "typesize": item, "blocksize": blocksize,
                }}))
            }
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressors_keep_their_meaning_in_the_other_version() {
        let v3 = [
            json!({"name": "zstd", "configuration": {"level": 3, "checksum": true}}),
            json!({"name": "gzip", "configuration": {"level": 5}}),
            json!({"name": "blosc", "configuration": {
                "cname": "zstd", "clevel": 5, "shuffle": "bitshuffle", "typesize": 4, "blocksize": 0}}),
        ];
        for codec in v3 {
            let there = translated(&codec, ZarrFormat::V2, 4).unwrap();
            assert_eq!(there["id"], codec["name"]);
            assert_eq!(translated(&there, ZarrFormat::V3, 4), Some(codec.clone()));
            assert_eq!(translated(&codec, ZarrFormat::V3, 4), Some(codec));
        }
        assert_eq!(translated(&json!({"name": "crc32c"}), ZarrFormat::V2, 4), None);
        assert_eq!(translated(&json!({"id": "lzma"}), ZarrFormat::V3, 4), None);
        let automatic = json!({"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": -1, "blocksize": 0});
        assert_eq!(
            translated(&automatic, ZarrFormat::V3, 1).unwrap()["configuration"]["shuffle"],
            "bitshuffle"
        );
    }
}

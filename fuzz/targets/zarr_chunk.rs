//! Any bytes as a chunk or a shard of a Zarr array.
//!
//! The first byte tells the codecs; the rest is what is stored.
#![no_main]

use graticule::io::store::{MemoryStore, Store};
use graticule::io::zarr::open_zarr;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fn codecs(which: u8) -> (Value, &'static str) {
    let bytes = json!({"name": "bytes", "configuration": {"endian": "little"}});
    let blosc = json!({"name": "blosc", "configuration": {
        "cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": 4, "blocksize": 0}});
    match which % 7 {
        0 => (json!([bytes]), "float32"),
        1 => (json!([bytes, {"name": "zstd", "configuration": {"level": 3, "checksum": false}}]), "float32"),
        2 => (json!([bytes, blosc]), "float32"),
        3 => (json!([bytes, {"name": "gzip", "configuration": {"level": 5}}]), "int16"),
        4 => (json!([{"name": "vlen-utf8"}]), "string"),
        5 => (json!([bytes, "crc32c"]), "int64"),
        _ => {
            let index = json!([bytes, {"name": "crc32c"}]);
            let inner = json!({"chunk_shape": [4], "codecs": [bytes], "index_codecs": index, "index_location": "end"});
            (json!([{"name": "sharding_indexed", "configuration": inner}]), "int32")
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, chunk)) = bytes.split_first() else { return };
    let (codecs, dtype) = codecs(*which);
    let fill = if dtype == "string" { json!("") } else { json!(0) };
    let document = json!({
        "zarr_format": 3, "node_type": "array", "shape": [16], "data_type": dtype, "fill_value": fill,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [16]}},
        "chunk_key_encoding": {"name": "default"}, "codecs": codecs, "attributes": {}, "dimension_names": ["x"],
    });
    let store = MemoryStore::new("fuzz");
    let put = |key: &str, bytes: &[u8]| store.write(key, bytes).expect("memory can be written");
    put("zarr.json", br#"{"zarr_format": 3, "node_type": "group", "attributes": {}}"#);
    put("a/zarr.json", document.to_string().as_bytes());
    put("a/c/0", chunk);
    let raw = open_zarr(store).expect("the documents are right");
    let _ = raw.variables["a"].load();
});

//! The page for people: three files, served as they are. They hold nothing of the site; the script asks
//! the JSON interface for everything, as any other client does.

use bytes::Bytes;
use schemars::{Schema, SchemaGenerator, json_schema};

use super::desk::Desk;
use super::operation::{Call, Method, Operation};
use super::reply::{Anything, Content, Nothing, Reply, whole};

/// What a browser may do with anything from this port: run its own script and style, ask its own
/// interface, and nothing else.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file is a file, whatever a link to it carries along.
type Asked = Call<Nothing, Anything, Nothing>;

/// A kind of file.
macro_rules! files {
    ($($kind:ident, $content_type:literal, $show:ident, $path:literal;)*) => {
        $(
            #[derive(Debug)]
            struct $kind(&'static str);

            impl Content for $kind {
                const TYPE: &'static str = $content_type;

                fn schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({ "type": "string" })
                }

                fn reply(self, status: u16) -> Reply {
                    whole::<Self>(status, Bytes::from_static(self.0.as_bytes()))
                }
            }

            fn $show(_: &Desk, _: &Asked) -> $kind {
                $kind(include_str!($path))
            }
        )*
    };
}

files! {
    Html, "text/html; charset=utf-8", html, "page/index.html";
    Css, "text/css; charset=utf-8", css, "page/page.css";
    Script, "text/javascript; charset=utf-8", script, "page/page.js";
    Svg, "image/svg+xml", icon, "page/icon.svg";
}

pub(super) fn operations() -> Vec<Operation> {
    let get = |path| (Method::Get, path);
    vec![
        Operation::new(get("/"), "page", "The page for people.", html).open(),
        Operation::new(get("/page.css"), "page", "Its style.", css).open(),
        Operation::new(get("/page.js"), "page", "Its script.", script).open(),
        Operation::new(get("/icon.svg"), "page", "Its icon.", icon).open(),
    ]
}

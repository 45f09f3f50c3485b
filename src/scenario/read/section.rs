//! [`section!`]: a map with known keys, as struct, reader, writer and schema.

/// Defines a section of the scenario file.
///
/// A key is `required("example")`, has a default (`or(value)`), or is `optional` (its field is then an
/// `Option`). The first line of a key's documentation is what a "missing" message says about it, and
/// all of it is the schema's description.
macro_rules! section {
    (
        $(#[doc = $doc:literal])+
        struct $Name:ident ($what:literal) {
            $( $(#[doc = $about:literal])+ $field:ident : $ty:ty = $mode:ident $(($arg:expr))? ; )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub(crate) struct $Name {
            $( $(#[doc = $about])+ pub(crate) $field: section!(@type $mode $ty), )+
        }

        impl $Name {
            /// The keys of this section.
            pub(crate) const KEYS: &'static [&'static str] =
                &[$( $crate::scenario::read::section::key(stringify!($field)) ),+];

            /// The schema of each key, and which keys must be there.
            pub(crate) fn properties(
                generator: &mut schemars::SchemaGenerator,
            ) -> (serde_json::Map<String, serde_json::Value>, Vec<&'static str>) {
                let mut properties = serde_json::Map::new();
                #[allow(unused_mut, clippy::allow_attributes, reason = "a section may have no required key")]
                let mut required = Vec::new();
                $({
                    let name = $crate::scenario::read::section::key(stringify!($field));
                    let mut schema = generator.subschema_for::<$ty>();
                    schema.insert(
                        "description".to_owned(),
                        concat!($($about, "\n"),+).trim().replace("\n ", " ").into(),
                    );
                    section!(@schema $mode $(($arg))? schema, required, name, $ty);
                    properties.insert(name.to_owned(), schema.to_value());
                })+
                (properties, required)
            }
        }

        impl $crate::scenario::read::Form for $Name {
            fn read(
                node: &$crate::scenario::tree::Node,
                reader: &mut $crate::scenario::read::Reader<'_>,
            ) -> Option<Self> {
                let fields =
                    $crate::scenario::read::Fields::of(node, $what, Self::KEYS, reader)?;
                $( let $field = section!(
                    @read $mode $(($arg))? fields, reader,
                    $crate::scenario::read::section::key(stringify!($field)),
                    concat!($($about),+), $ty
                ); )+
                fields.finish(reader);
                Some(Self { $( $field: $field? ),+ })
            }

            fn write(&self) -> serde_json::Value {
                let mut map = serde_json::Map::new();
                $( section!(
                    @write $mode map, $crate::scenario::read::section::key(stringify!($field)), self.$field
                ); )+
                map.into()
            }
        }

        impl schemars::JsonSchema for $Name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($Name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let (properties, required) = Self::properties(generator);
                let description = concat!($($doc, "\n"),+).trim().replace("\n ", " ");
                $crate::scenario::read::section::object(&description, &properties, &required)
            }
        }
    };

    (@type optional $ty:ty) => { Option<$ty> };
    (@type $mode:ident $ty:ty) => { $ty };

    (@read required($example:expr) $fields:ident, $reader:ident, $name:expr, $about:expr, $ty:ty) => {
        $fields.required::<$ty>($reader, $name, $about, $example)
    };
    (@read or($default:expr) $fields:ident, $reader:ident, $name:expr, $about:expr, $ty:ty) => {
        $fields.or::<$ty>($reader, $name, || $default)
    };
    (@read optional $fields:ident, $reader:ident, $name:expr, $about:expr, $ty:ty) => {
        $fields.optional::<$ty>($reader, $name).ok()
    };

    (@write optional $map:ident, $name:expr, $value:expr) => {
        if let Some(value) = &$value {
            $map.insert($name.to_owned(), $crate::scenario::read::Form::write(value));
        }
    };
    (@write $mode:ident $map:ident, $name:expr, $value:expr) => {
        $map.insert($name.to_owned(), $crate::scenario::read::Form::write(&$value));
    };

    (@schema required($example:expr) $schema:ident, $required:ident, $name:ident, $ty:ty) => {
        $required.push($name);
    };
    (@schema or($default:expr) $schema:ident, $required:ident, $name:ident, $ty:ty) => {
        let default: $ty = $default;
        $schema.insert("default".to_owned(), $crate::scenario::read::Form::write(&default));
    };
    (@schema optional $schema:ident, $required:ident, $name:ident, $ty:ty) => {};
}

pub(crate) use section;

/// The key of a field: `r#for` is `for`.
pub(crate) const fn key(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// The schema of a map that has these properties and no others.
pub(crate) fn object(
    description: &str,
    properties: &serde_json::Map<String, serde_json::Value>,
    required: &[&'static str],
) -> schemars::Schema {
    let mut schema = schemars::json_schema!({
        "type": "object",
        "description": description,
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema
}

//! Enums whose variants have stable names, in text and in JSON.

/// Declares an enum from lines of `Variant "name"`. Scripts rely on the names, so a name never
/// changes. JSON documents can hold the enum itself.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $vocabulary:ident { $($(#[$doc:meta])* $variant:ident $name:literal,)+ }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        pub enum $vocabulary { $($(#[$doc])* #[serde(rename = $name)] $variant,)+ }

        impl $vocabulary {
            /// All variants, in the order in which they are declared.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant,)+];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl std::fmt::Display for $vocabulary {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        /// Compares with a stable name.
        impl PartialEq<&str> for $vocabulary {
            fn eq(&self, name: &&str) -> bool {
                self.as_str() == *name
            }
        }
    };
}

pub(crate) use vocabulary;

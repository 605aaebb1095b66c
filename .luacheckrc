std = "lua54"
max_line_length = 100
cache = false
files["tests"] = { std = "lua54+busted", max_line_length = 120 }
-- The script environment is what replaces these.
files["lua/moonbear/world"] = {
  globals = {
    "coroutine", "debug", "dofile", "io", "load", "loadfile", "math", "next", "os", "package",
    "ipairs", "pairs", "print", "require", "warn",
  },
}
-- They leave loops early on purpose.
files["tests/spec/data/stock"] = { ignore = { "512" } }
-- Stubs for language servers: functions without bodies.
files["lua/moonbear/meta"] = { unused_args = false, max_line_length = 120 }

std = "lua54"
max_line_length = 100
cache = false
files["tests"] = { std = "lua54+busted" }

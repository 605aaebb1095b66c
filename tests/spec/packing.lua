-- Compressed files of several kinds: of one stretch and of many (src/io/packed).
local helper = require "spec.helper"

local packing = {}

-- Commands that compress the file "x", whatever they call it then.
packing.commands = {
  bzip2 = "bzip2 -1 -k x", -- of several blocks
  bzip2_streams = "split -n 5 x p. && for p in p.*; do bzip2 -c $p; done >x.bz2",
  gzip = "gzip -k x",
  gzip_members = "split -n 5 x p. && for p in p.*; do gzip -c $p; done >x.gz",
  bgzf = "'" .. helper.python .. "' '" .. helper.root .. "/tests/spec/data/pack_bgzf.py' x 9000 && "
    .. "mv x.bgzf.gz x.gz",
  zstd = "zstd -q -k x",
  zstd_frames = "split -n 7 x p. && for p in p.*; do zstd -q -c $p; done >x.zst",
  zstd_others = "split -n 2 x p. && { zstd -q --no-check --no-content-size -c p.aa; "
    .. [[printf '\120\052\115\030\003\000\000\000abc'; zstd -q -19 -c p.ab; } >x.zst]],
  xz = "xz -1 -k x",
  xz_blocks = "xz -1 --block-size=30000 -k x",
  xz_streams = "split -n 3 x p. && for p in p.*; do xz -1 -C crc32 --block-size=50000 -c $p; done >x.xz",
}

---Compresses a text: the paths of both files.
function packing.pack(text, command)
  local folder = helper.tmpdir()
  local plain = helper.write_file(folder .. "/x", text)
  helper.shell(("cd '%s' && %s && rm -f p.*"):format(folder, command))
  return plain, helper.shell(("ls '%s'/x.*"):format(folder)):match "%S+"
end

return packing

-- What files are, by their bytes.
local helper = require "spec.helper"
local mb = require "moonbear"

local path <const> = helper.path

teardown(helper.clean)

local function kind_of(name, bytes)
  helper.write_file(path(name), bytes)
  return table.pack(mb.file_kind(path(name)))
end

describe("file_kind", function()
  it("tells what bytes say, whatever a file is called", function()
    for _, it in ipairs {
      { "csv", "a,b\n1,2\n" }, { "csv", "no end of a line" }, { "csv", "\xef\xbb\xbfa,b\r\n" },
      { "csv", "#a comment\n1\n" }, { "json", '{"a": 1}\n' }, { "json", '\n  [1, 2]' },
      { "json", '\xef\xbb\xbf{"a": 1}' }, { "zeek", "#separator \\x09\n#fields\tts\n" },
      { "parquet", "PAR1\0\0" }, { "arrow", "ARROW1\0\0" }, { "netcdf", "CDF\1\0" },
      { "matlab", "MATLAB 5.0 MAT-file" }, { "hdf5", "\x89HDF\r\n\x1a\n\0\0" },
      { "hdf5", ("\0"):rep(2048) .. "\x89HDF\r\n\x1a\n\0\0" },
      { nil, "" }, { nil, ("\0"):rep(9000) }, { nil, "a\0,\0b\0" }, { nil, ("\0"):rep(2047) .. "\x89HDF\r\n\x1a\n" },
    } do
      for _, name in ipairs { "data", "data.csv", "data.h5" } do
        assert.same({ it[1], nil, n = 2 }, kind_of(name, it[2]), it[2]:sub(1, 9))
      end
    end
  end)

  it("looks into text that is compressed", function()
    helper.write_file(path "a", "a,b\n" .. ("1,2\n"):rep(5000))
    helper.write_file(path "j", '{"a": 1}\n')
    helper.shell(("cd %s; for f in a j; do gzip -k $f; bzip2 -k $f; xz -k $f; done; mv a.gz renamed")
      :format(helper.folder()))
    assert.same({ "csv", "gzip" }, { mb.file_kind(path "renamed") })
    for _, it in ipairs { { "gz", "gzip" }, { "bz2", "bzip2" }, { "xz", "xz" } } do
      assert.same({ "json", it[2] }, { mb.file_kind(path("j." .. it[1])) })
    end
    assert.same({ "csv", "bzip2" }, { mb.file_kind(path "a.bz2") })
    local rows = mb.frame { { "a", { 1, 2 } } }
    rows:to_hdf(path "written.h5")
    rows:to_csv(path "written.csv.gz", { gzip = true })
    assert.equal("hdf5", mb.file_kind(path "written.h5"))
    assert.same({ "csv", "gzip" }, { mb.file_kind(path "written.csv.gz") })
  end)

  it("knows files of other programs", function()
    for _, it in ipairs { { "arkouda/sample.hdf5", "hdf5" }, { "parquet/alltypes_plain.parquet", "parquet" },
      { "csv/simple_crlf.csv", "csv" }, { "csv/simple.json", "json" }, { "zeek/conn.log", "zeek" } } do
      local file = helper.corpus(it[1])
      if file then assert.equal(it[2], mb.file_kind(file), it[1]) end
    end
  end)

  it("refuses what is no file", function()
    helper.assert_raises("No such file", mb.file_kind, path "missing")
    helper.assert_raises("not a regular file", mb.file_kind, helper.folder())
    helper.assert_raises("string expected", mb.file_kind, nil)
    helper.write_file(path "lie.gz", "a,b\n")
    helper.assert_raises("lie.gz", mb.file_kind, path "lie.gz")
  end)
end)

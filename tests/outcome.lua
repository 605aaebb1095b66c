-- What busted's events come to over all ranks: a test passes when it passes on every rank. Prints
-- failures as they happen, a line `== FILE` when a spec file begins and `== FILE: N in S s` when it
-- ends, and in the end one line: N passed, N failed.
local mb = require "moonbear"

-- Each rank's text (or nil), on every rank. A rank that failed early comes here while others still
-- call operations; each such meeting is a lockstep error, for both, until all have come.
local function from_all(text)
  local together, problem
  for _ = 1, 500 do
    local all = {}
    together, problem = pcall(function()
      for rank = 0, mb.size() - 1 do
        all[rank] = mb.on_rank(rank, function() return text end)
      end
    end)
    if together then return all end
  end
  io.stderr:write("the ranks do not come together again: ", tostring(problem), "\n")
  os.exit(false, true)
end

-- "describe describe it", as busted's own handlers name a test.
local function full_name(busted, element)
  local names = {}
  while element and element.descriptor ~= "file" and (element.name or element.descriptor) do
    table.insert(names, 1, element.name or element.descriptor)
    element = busted.context.parent(element)
  end
  return table.concat(names, " ")
end

-- The ranks' messages, those that are the same told once.
local function tell(name, all)
  print("FAIL " .. name)
  local told = {}
  for rank = 0, mb.size() - 1 do
    local text = all[rank]
    if text and not told[text] then
      local ranks = {}
      for other = rank, mb.size() - 1 do
        if all[other] == text then ranks[#ranks + 1] = other end
      end
      told[text] = true
      local label = #ranks == 1 and "rank " or "ranks "
      print(("  [%s%s] %s"):format(label, table.concat(ranks, ","), (text:gsub("\n", "\n  "))))
    end
  end
end

-- busted keeps what has run, with all that its functions refer to, which each collection of garbage
-- then walks: of all files this takes most of the time.
local function forget(busted, element)
  local children = busted.context.children(element)
  for i = #children, 1, -1 do
    forget(busted, children[i])
    children[i].run = nil
    children[i] = nil
  end
end

return function(busted, wanted)
  local passed, failed, pending = 0, 0, 0
  local message -- why the running test, or what is outside of tests, fails on this rank

  local function note(element, _, text, trace)
    text = tostring(text)
    if element.descriptor ~= "it" then text = element.descriptor .. ": " .. text end
    if trace and trace.traceback and trace.traceback ~= "" then
      text = text .. "\n" .. trace.traceback:gsub("^\n", ""):gsub("%s+$", "")
    end
    message = message and message .. "\n" .. text or text
    return nil, true
  end
  busted.subscribe({ "error" }, note)
  busted.subscribe({ "failure" }, note)

  -- Whether no rank has something to tell.
  local function settle(name)
    local all = from_all(message)
    message = nil
    mb.core.forget_divergence() -- a test may have caused it on purpose
    if next(all) == nil then return true end
    failed = failed + 1
    tell(name, all)
    return false
  end

  busted.subscribe({ "test", "end" }, function(element, _, status)
    if settle(full_name(busted, element)) then
      if status == "pending" then
        pending = pending + 1
      else
        passed = passed + 1
      end
    end
    return nil, true
  end)

  -- What fails outside of tests: a file that does not load, a setup, a teardown.
  local function settle_outside(element)
    settle("outside of tests in " .. (element.name or "a file"))
    return nil, true
  end
  busted.subscribe({ "suite", "start" }, settle_outside)
  busted.subscribe({ "describe", "end" }, settle_outside)

  local function file_name(element) return (element.name or "?"):match "([^/]*)%.lua$" or "?" end

  local passed_before, began
  busted.subscribe({ "file", "start" }, function(element)
    passed_before, began = passed, os.time()
    print("== " .. file_name(element))
    io.flush()
    return nil, true
  end)
  busted.subscribe({ "file", "end" }, function(element)
    settle_outside(element)
    local seconds = os.difftime(os.time(), began)
    print(("== %s: %d in %d s"):format(file_name(element), passed - passed_before, seconds))
    io.flush()
    forget(busted, element)
    collectgarbage() -- after each test this would take a twelfth of all time
    return nil, true
  end)
  busted.subscribe({ "suite", "end" }, settle_outside)

  if wanted then
    busted.subscribe({ "register", "it" }, function(name)
      return nil, tostring(name):find(wanted) ~= nil
    end, { priority = 1 })
  end

  return {
    report = function()
      if pending > 0 then print(pending .. " pending") end
      print(("%d passed, %d failed"):format(passed, failed))
      return failed == 0
    end,
  }
end

-- Events from a number on.
--   ARGV 7 the number, 8 how many at most, 9 in how many bytes at most, one event at least
if not log.epoch then return false end
age()
if is_over(log.oldest) and trim(256) then save() end
local from = math.max(tonumber(ARGV[7]), log.before + 1)
local events, first, last = {}, '0', '0'
if from <= log.seq then
  local most = fit(tonumber(ARGV[8]), tonumber(ARGV[9]))
  local rows = redis.call('XRANGE', KEYS[2], int(from) .. '-0', '+', 'COUNT', int(most))
  local bytes = 0
  for i, row in ipairs(rows) do
    local event = row[2][4]
    bytes = bytes + #event
    -- Some are larger than those around them.
    if i > 1 and bytes > 4 * tonumber(ARGV[9]) then break end
    events[i], last = event, row[1]
  end
  if #rows > 0 then first = rows[1][1] end
end
return { log.epoch, int(log.seq), log.tag, int(log.before), log.before_tag, first, last, events }

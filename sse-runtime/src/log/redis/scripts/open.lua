-- Where a log stands; begins it if there is none.
--   ARGV 7 a number whose tag is asked for, 8 how many of the newest events, 9 in how many bytes
begin()
age()
trim(256)
save()
local asked, tag = tonumber(ARGV[7]), ''
if asked == log.seq then
  tag = log.tag
elseif asked == log.before then
  tag = log.before_tag
elseif asked > log.before and asked < log.seq then
  local id = int(asked) .. '-0'
  local row = redis.call('XRANGE', KEYS[2], id, id)[1]
  if row then tag = string.match(row[2][2], '^(%d+) ') end
end
local newest, first, last = {}, '0', '0'
local most = math.min(fit(tonumber(ARGV[8]), tonumber(ARGV[9])), log.seq - log.before)
if most > 0 then
  local rows = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', int(most))
  for i = #rows, 1, -1 do newest[#newest + 1] = rows[i][2][4] end
  if #rows > 0 then first, last = rows[#rows][1], rows[1][1] end
end
local tail = redis.call('XREVRANGE', KEYS[5], '+', '-', 'COUNT', '1')[1]
return { log.epoch, int(log.seq), log.tag, int(log.before), log.before_tag, log.ended, tag,
  tail and tail[1] or '0-0', redis.call('GET', KEYS[6]) or '0', first, last, newest }

-- Appends a batch of events, or says again what became of it.
--   KEYS 7 what the publisher was told last
--   ARGV 7 the name of the log, 8 the number of the batch, 9 how long the tail is, 10 how many
--   bytes an entry of the tail has at most; then for each event 11 its id or '', 12 the hash of
--   its content, 13 its tag, 14 whether it is the last, 15 when it was
--   published, 16 how many bytes count, 17 all of it
local told = redis.call('GET', KEYS[7])
if told then
  local number, reply = string.match(told, '^(%d+) (.*)$')
  if number == ARGV[8] then return reply end
  -- Given up by its publisher, and on its way for so long that a later one has come first.
  if tonumber(number) > tonumber(ARGV[8]) then return redis.error_reply('STALE batch') end
end

begin()

local function forget_ids()
  local old = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', int(log.clock), 'LIMIT', '0', '16')
  for _, id in ipairs(old) do
    redis.call('HDEL', KEYS[3], id)
    redis.call('ZREM', KEYS[4], id)
  end
end

local function find(id)
  local known = redis.call('HGET', KEYS[3], id)
  if not known then return nil end
  local seq, tag, content, came = string.match(known, '^(%d+):(%d+):(%x+):(%d+)$')
  if tonumber(seq) <= log.before and log.clock - tonumber(came) >= REMEMBER then return nil end
  return seq .. ':' .. tag, content
end

local function has_room()
  if redis.call('HLEN', KEYS[3]) < keep.ids then return true end
  trim(64)
  forget_ids()
  return redis.call('HLEN', KEYS[3]) < keep.ids
end

local was_seq, was_tag = log.seq, log.tag
local answers, events, bytes = {}, {}, 0
for at = 11, #ARGV, 7 do
  local id, content, tag, last, came, size, event = unpack(ARGV, at, at + 6)
  local stands, known
  log.clock, log.touched = math.max(log.clock, tonumber(came)), server_time
  if id ~= '' then
    forget_ids()
    stands, known = find(id)
  end
  local answer = 'o'
  if stands then
    answer = (known == content and 'd' or 'r') .. stands
  elseif log.ended == '1' then
    answer = 'e'
  elseif id ~= '' and not has_room() then
    answer = 'm'
  else
    log.seq, log.tag, log.ended = log.seq + 1, tag, last
    if log.before == log.seq - 1 then log.oldest = log.clock end
    log.bytes = log.bytes + tonumber(size)
    redis.call('XADD', KEYS[2], int(log.seq) .. '-0', 'm', tag .. ' ' .. size .. ' ' .. int(log.clock) .. ' ' .. id,
      'd', event)
    if id ~= '' then
      redis.call('HSET', KEYS[3], id, int(log.seq) .. ':' .. tag .. ':' .. content .. ':' .. int(log.clock))
      redis.call('ZREM', KEYS[4], id)
      live(KEYS[3])
    end
    events[#events + 1], bytes = event, bytes + #event
  end
  answers[#answers + 1] = answer
end

trim(64 + 2 * #answers)
if #events > 0 then
  if was_seq == 0 then live(KEYS[2]) end
  save()
  local entry = { 'c', ARGV[7], 'n', int(redis.call('INCR', KEYS[6])), 'e', log.epoch, 'p', int(was_seq),
    'q', was_tag, 'f', int(log.before), 'g', log.before_tag, 'l', int(#events) }
  -- What is large is read by those who need it: the tail stays small.
  if bytes <= tonumber(ARGV[10]) then
    for _, event in ipairs(events) do
      entry[#entry + 1] = 'd'
      entry[#entry + 1] = event
    end
  end
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[9], '*', unpack(entry))
end
local reply = table.concat({ log.epoch, int(was_seq), was_tag, int(log.before), log.before_tag,
  table.concat(answers, ' ') }, ' ')
redis.call('SET', KEYS[7], ARGV[8] .. ' ' .. reply, 'EX', '600')
return reply

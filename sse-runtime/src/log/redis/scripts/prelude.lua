-- What the scripts have in common. One log:
--   KEYS 1 what is known of it, 2 its events, 3 the ids of publishers, 4 those of them whose
--   event is gone; 5 the tail of its shard, 6 how many entries that ever had
--   ARGV 1 an epoch, should there be none; kept are 2 events, 3 bytes, 4 milliseconds, 5 ids;
--   6 for how many milliseconds a log that nobody touches is kept ('0': for ever)
-- Numbers are written with int(): Lua would write a large one as 1e+15.
local REMEMBER = 120000
local REFRESH = 3600000

local function int(n) return string.format('%.0f', n) end

local time = redis.call('TIME')
local server_time = time[1] * 1000 + math.floor(time[2] / 1000)
local keep = {
  events = tonumber(ARGV[2]), bytes = tonumber(ARGV[3]), age = tonumber(ARGV[4]), ids = tonumber(ARGV[5]),
  log = tonumber(ARGV[6]),
}

-- epoch; number and tag of the newest event, and of the one before the oldest; bytes; when the
-- oldest came; whether it has ended; when the time to live was set last; what time it is for
-- this log; and when that was, as the server has it
local m = redis.call('HMGET', KEYS[1], 'e', 's', 't', 'f', 'g', 'b', 'k', 'x', 'p', 'c', 'u')
local log = {
  epoch = m[1], seq = tonumber(m[2] or '0'), tag = m[3] or '0', before = tonumber(m[4] or '0'),
  before_tag = m[5] or '0', bytes = tonumber(m[6] or '0'), oldest = tonumber(m[7] or '0'),
  ended = m[8] or '0', refreshed = tonumber(m[9] or '0'),
  clock = tonumber(m[10] or '0'), touched = tonumber(m[11] or '0'),
}

-- The time of a log is that of its newest event, which its publishers say, and never goes back;
-- while it is quiet it goes on by whole seconds of the server.
local function age()
  if log.touched > 0 and server_time > log.touched then
    local seconds = math.floor((server_time - log.touched) / 1000)
    log.clock, log.touched = log.clock + seconds * 1000, log.touched + seconds * 1000
  end
end

local function begin()
  if log.epoch then return end
  redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
  log.epoch = ARGV[1]
end

local function live(key)
  if keep.log > 0 then redis.call('PEXPIRE', key, int(keep.log)) end
end

local function save()
  local is_old = server_time - log.refreshed > REFRESH
  if is_old then log.refreshed = server_time end
  redis.call('HSET', KEYS[1], 'e', log.epoch, 's', int(log.seq), 't', log.tag, 'f', int(log.before),
    'g', log.before_tag, 'b', int(log.bytes), 'k', int(log.oldest), 'x', log.ended, 'p', int(log.refreshed),
    'c', int(log.clock), 'u', int(log.touched))
  if is_old then for i = 1, 4 do live(KEYS[i]) end end
end

local function is_over(oldest)
  return log.before < log.seq and (log.seq - log.before > keep.events or log.bytes > keep.bytes
    or log.clock - oldest >= keep.age)
end

-- Takes the oldest events away, so many at most; says whether there were any.
local function trim(budget)
  local first = log.before
  while budget > 0 and is_over(log.oldest) do
    -- One more than has to go: the next one is the oldest then.
    local most = math.max(2, math.min(budget, 64, log.seq - log.before - keep.events + 1))
    local rows = redis.call('XRANGE', KEYS[2], int(log.before + 1) .. '-0', '+', 'COUNT', int(most))
    if #rows == 0 then
      -- Somebody took them away.
      log.before, log.before_tag, log.bytes = log.seq, log.tag, 0
      break
    end
    for _, row in ipairs(rows) do
      local tag, size, came, id = string.match(row[2][2], '^(%d+) (%d+) (%d+) (.*)$')
      log.oldest = tonumber(came)
      if not is_over(log.oldest) or budget == 0 then break end
      budget = budget - 1
      log.before, log.before_tag, log.bytes = log.before + 1, tag, log.bytes - tonumber(size)
      if id ~= '' then
        if log.clock - log.oldest >= REMEMBER then
          redis.call('HDEL', KEYS[3], id)
        else
          redis.call('ZADD', KEYS[4], int(log.oldest + REMEMBER), id)
          live(KEYS[4])
        end
      end
    end
  end
  if log.before == first then return false end
  redis.call('XTRIM', KEYS[2], 'MINID', int(log.before + 1) .. '-0')
  return true
end

-- How many events of the size that they have here lie in so many bytes.
local function fit(most, bytes)
  local kept = log.seq - log.before
  if kept == 0 or log.bytes == 0 then return most end
  return math.min(most, math.max(1, math.floor(bytes * kept / log.bytes)))
end

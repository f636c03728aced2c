// A record is a string of four words: state, fingerprint, attempt, detail. The detail of a started create request is the
// time until which its holder counts as alive, in milliseconds of Redis' own clock, so that the replicas' clocks do not
// matter. Scripts run atomically; reading the time before writing needs Redis 5, which replicates effects, not scripts.

const readRecord = `
local state, fingerprint, attempt, detail =
  string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%S+) (%S+)$')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function write(newState, newDetail, keepMs)
  if newState == 'started' then newDetail = string.format('%.0f', now + newDetail) end
  local record = newState .. ' ' .. ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. newDetail
  redis.call('SET', KEYS[1], record, 'PX', keepMs)
end
`;

/**
 * Claims KEYS[1] if it is free. ARGV: fingerprint, attempt, lease in ms, time to keep in ms, `1` if the key has been seen
 * held. Returns the state, with the detail of an ended one.
 */
export const claimScript = `${readRecord}
if state == nil and ARGV[5] == '1' then return {'abandoned'} end
if state == nil or state == 'free' then
  write('started', ARGV[3], ARGV[4])
  return {'claimed'}
end
if fingerprint ~= ARGV[1] then return {'other-input'} end
if state ~= 'started' then return {state, detail} end
return {tonumber(detail) > now and 'in-flight' or 'abandoned'}
`;

/**
 * Writes the state of an attempt. ARGV: fingerprint, attempt, state, detail (for `started` the lease in ms), time to keep
 * in ms. The record of another attempt stays. A lost record is written again, unless the key is released. A write that
 * arrives late or twice changes nothing: an ended create request never becomes a started one.
 */
export const writeScript = `${readRecord}
local isMine = attempt == ARGV[2]
local isAllowed
if ARGV[3] == 'started' then isAllowed = state == nil or (isMine and state == 'started')
elseif ARGV[3] == 'free' then isAllowed = isMine and state == 'started'
else isAllowed = state == nil or state == 'free' or isMine end
if isAllowed then write(ARGV[3], ARGV[4], ARGV[5]) end
return isAllowed and 1 or 0
`;

/** Checks that the store accepts writes: a full, read-only, or loading one rejects them. */
export const probeScript = "return redis.call('SET', KEYS[1], '1', 'PX', 5000)";

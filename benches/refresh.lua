-- wrk: refreshes of one org after another, with the tokens of the file named by TOKENS.
local bodies = {}
for token in io.lines(os.getenv("TOKENS")) do
  bodies[#bodies + 1] = "grant_type=refresh_token&refresh_token=" .. token
end
local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
local last = 0

request = function()
  last = last % #bodies + 1
  return wrk.format("POST", "/connect/token", headers, bodies[last])
end

-- An answer that is no token would make the figure worthless.
local wrong = 0
response = function(status)
  if status ~= 200 then
    wrong = wrong + 1
    if wrong > 10 then
      os.exit(1)
    end
  end
end

"""Scripts as members: code with a loop of its own, suspended between the rounds of its slot.

`script` makes what is grown, `member` is what the code is given, `life` the thread that it runs in,
`parts` what is inherited, `living` how a worker lives its rounds; `command` is the code that runs
whole commands.
"""

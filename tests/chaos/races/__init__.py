"""Writers that race for the same aggregates, and what their commits must come to.

`make races` plays them: in each round 2 to 64 writers, as of so many processes, send commands about the same
few aggregates. Every rule that spans aggregates has a scenario.

| module | has |
| --- | --- |
| `scenarios` | what is there before a round, what the writers send, what must hold of the events |
| `writers` | the writers, and the gate that lets nobody append before all have decided |
| `replay` | one decision after the other, in the order of the log: each must come to what was written |
| `playing` | rounds |
"""

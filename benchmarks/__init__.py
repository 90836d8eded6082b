"""Side-by-side runs of Ontogeny with what a user would pick instead, and with itself.

`python -m benchmarks [NAME …] [--quick]` measures, prints a table each and keeps the figures in
`results.json`. What is compared runs by turns in one go, A B A B, and what is reported is the
median of pairwise ratios: a machine that others use too slows both sides alike.
"""

from __future__ import annotations

BENCHMARKS = {
    "moves": "what moves and recording cost a growing population",
    "single": "one agent and sixteen beside a whole trainer in one jitted function",
    "recurrent": "one agent with a GRU beside a whole recurrent trainer in one jitted function",
    "added_loss": "what a loss that plugs in costs an agent",
    "sb3": "sixteen agents beside Stable-Baselines3's PPO on CartPole",
    "start": "seconds from the command to the first numbers on the screen",
    "distilling": "an update with a teacher beside a plain one",
    "kickstarting": "a kickstarted update beside a plain one, and eight members beside one",
    "mixing": "a mixture of two policies beside its last component alone",
    "compiling": "seconds that compiling each recipe takes without a cache",
    "records": "what a long run costs to record, to read and to report: a million rows",
    "watching": "200 runs in a browser: how soon, what of a core while ten grow, a million rows",
    "ray_tune": "sixteen agents beside Ray Tune's PopulationBasedTraining",
    "ray_torch": "sixteen PyTorch members beside Ray Tune's PopulationBasedTraining",
    "ray_moves": "moves and rounds in a Ray cluster beside Ray's own calls, and the driver's rate",
    "cluster_model": "where 8 to 1,000 workers would be limited, told from measured costs, checked",
    "processes": "what a move and a round cost in processes, and the speed beside one program",
    "faults": "hundreds of SIGKILLs of workers and drivers: what is lost, and what comes of it",
    "damage": "a thousand kills and a thousand damaged files: is a wrong number taken for right",
    "memory": "the peak memory that `doctor` predicts, and the one that `grow` has",
    "devices": "two devices of a CPU beside one",
    "lifetimes": "512 Baldwinian lifetimes beside a Python loop over them",
    "sequences": "learners with memory beside PyTorch's LSTM, until Bayes, and on long sequences",
    "ebmm": "energy-based memories beside the same in PyTorch: used, and meta-trained",
    "streaming": "a pipeline of a video network beside itself in one piece, and its peers",
    "scoring": "photographs a second beside PyTorch and onnxruntime, and the memory for 20,000",
    "matching": "treated rows matched to others, from 1e5 to 1e7, and beside MatchIt, psmpy, DoWhy",
    "network": "a network described, from 1e5 to 1e7 follows, and rewired beside igraph",
    "tables": "photo rows a second from Parquet, from 1e5 to 1e7, beside Polars and pyarrow",
    "tokens": "language models beside PyTorch's, and writing with a memory beside without",
    "heads": "heads of a scorer on the features of 10,000 photographs, by each loss",
    "adaptation": "learners that contain a descent beside PyTorch: updates, batches, memory",
}

"""What users have on their disks and in their scripts stays good, whatever moves in the code.

workspace_of_0_1.tar.gz is a workspace that the code of commit 25d703e made (make_workspace.py says how): every table
has rows, runs are in each of their states (killed, stopped, paused with a proposal and words, at a cap, queued, under
way, failed, finished), change sets are applied, undone and dropped, and beside the database there are classified
files, vectors, models.toml and limits.toml. expected.json.gz is what that code read in it, record by record, without
names of classes or modules. Both are FROZEN: never make them again with newer code, or they prove nothing. A new schema
gets a workspace of its own beside this one. Left out: the cache of replies, and the learned embedder (16 MB),
which is learned again when it is missing.

    surface.py                     reads a whole workspace through Store and Workspace, and compares it with what is expected
    test_workspace_of_0_1.py       it opens, reads the same field by field, its runs go on, rows are undone, rules apply
    outputs.py, golden/            what tune, evaluate, classify, suspects and export print and write, word by word
    test_outputs.py                they still do

When modules are renamed, import lines change here and nothing else. golden/ depends on algorithms, on texts and on
the report's looks: where one of them is meant to change, `python -m tests.compatibility.outputs` writes it anew. So does the test
that a run which was cut off ends as the undisturbed one in the frozen workspace did: once an algorithm has changed it goes, and
the one beside it, with a run that is begun today, stays.
"""

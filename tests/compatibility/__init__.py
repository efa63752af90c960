"""What users have on their disks and in their scripts stays good, whatever moves in the code.

workspace_of_0_1.tar.gz is a workspace that the code of commit 25d703e made (make_workspace.py.txt says how):
every table has rows; runs are in each of their states (killed, stopped, paused with a proposal and words, at
a cap, queued, under way, failed, finished); change sets are applied, undone and dropped; beside the database
there are classified files, vectors, models.toml and limits.toml. Left out: the cache of replies, and the
learned embedder (16 MB), which is learned again where it is missing. expected.json.gz is what that code read
in it, record by record, without names of classes or modules.

Both are FROZEN: made again with newer code they would prove nothing. A new schema gets a workspace of its own
beside this one.

    surface.py                 reads a whole workspace through Store and Workspace; compares with what is expected
    test_workspace_of_0_1.py   it opens and reads the same, its runs go on, rows are undone, rules apply
    outputs.py, golden/        what the commands print and write, word by word
    test_outputs.py            they still do

When modules are renamed, import lines change here and nothing else. golden/ depends on the algorithms, on
texts and on the looks of the report. Where one of these is meant to change, its author writes it anew
(`python -m tests.compatibility.outputs`), and takes out the comparisons of new results with frozen ones in
test_workspace_of_0_1.py; the comparison with a run that is begun today stays.
"""

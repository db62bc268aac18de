import os

from offline_backup_gui.adapters.files import system_files
from offline_backup_gui.engine.counting import Counts, count


def test_a_sparse_file_asks_for_the_room_of_its_data(tmp_path):
    with open(tmp_path / "disk.img", "wb") as file:
        file.seek(64 << 20)
        file.write(b"x" * 4096)
    (tmp_path / "full").write_bytes(os.urandom(100_000))
    counts = Counts()
    count(system_files(), [os.fsencode(tmp_path)], (), counts, lambda: None)
    assert counts.size_bytes == (64 << 20) + 4096 + 100_000
    assert 104_096 <= counts.data_bytes < 1_000_000
    assert counts.by_top_folder[os.fsencode(tmp_path) + b"/"] == counts.data_bytes

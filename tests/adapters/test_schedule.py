from offline_backup_gui.adapters.schedule import CronScheduler, NoScheduler
from offline_backup_gui.domain.plan import PlanId

PLAN = PlanId("0123456789abcdef")


def test_every_time_of_a_plan_becomes_a_line_that_cron_reads(tmp_path):
    scheduler = CronScheduler(tmp_path)
    assert scheduler.put(PLAN, ("21:00", "06:05"), ["/opt/a b/python", "-m", "x", "100%"])
    text = (tmp_path / f"offline-backup-{PLAN}").read_text()
    assert text.splitlines()[1:] == [
        r"0 21 * * * root '/opt/a b/python' -m x 100\%",
        r"5 6 * * * root '/opt/a b/python' -m x 100\%",
    ]


def test_a_plan_is_scheduled_until_it_is_removed(tmp_path):
    scheduler = CronScheduler(tmp_path)
    assert not scheduler.is_set(PLAN, ("21:00",), ["x"])
    scheduler.put(PLAN, ("21:00",), ["x"])
    assert scheduler.is_set(PLAN, ("21:00",), ["x"])
    assert not scheduler.is_set(PLAN, ("22:00",), ["x"])
    assert not scheduler.is_set(PLAN, ("21:00",), ["y"])
    scheduler.remove(PLAN)
    scheduler.remove(PLAN)
    assert not scheduler.is_set(PLAN, ("21:00",), ["x"])
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_scheduled_nothing_is_promised():
    scheduler = NoScheduler()
    assert not scheduler.put(PLAN, ("21:00",), ["x"])
    assert not scheduler.is_set(PLAN, ("21:00",), ["x"])

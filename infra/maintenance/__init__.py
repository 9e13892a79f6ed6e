"""Maintenance: what operators ask of the house over the API, kept until it is carried out, and afterwards."""

from infra.maintenance.tasks import (
    MIGRATIONS,
    Kind,
    NewTask,
    Task,
    ask_for,
    end_task,
    give_up_running,
    note_progress,
    prepare_maintenance,
    take_next,
    task_of,
    tasks_before,
)

__all__ = [
    "MIGRATIONS",
    "Kind",
    "NewTask",
    "Task",
    "ask_for",
    "end_task",
    "give_up_running",
    "note_progress",
    "prepare_maintenance",
    "take_next",
    "task_of",
    "tasks_before",
]

"""Studies: many runs as one question. Here they are made, started as processes of their own, watched and exported."""

from __future__ import annotations

import subprocess
import sys
import threading

from agentopt_core.commands import Command, CommandKind
from agentopt_core.errors import ConfigError
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.sandbox import find_isolation, hide_from_calls
from agentopt_core.studies.arms import arms_of, cells_of, config_of
from agentopt_core.studies.export import StudyFormat, exported
from agentopt_core.studies.folder import StudyFolder, find_study
from agentopt_core.studies.making import make_study, same_study
from agentopt_core.studies.outlook import StudyForecast, together
from agentopt_core.studies.plan import StudyFile
from agentopt_core.studies.runner import usual_parallel
from agentopt_core.studies.view import StudySummary, StudyView, summaries, view
from agentopt_core.views import Forecast
from agentopt_core.workbench.setup import ROOT, SetupBench


class StudyBench(SetupBench):
    """Makes, starts and shows studies."""

    def studies(self) -> list[StudySummary]:
        """All studies, newest first; damaged ones with their reason."""
        return summaries(self.home)

    def study_folder(self, study_id: str) -> StudyFolder:
        """A study by its id, or the beginning of it. Raises: NotFound."""
        return find_study(self.home, study_id)

    def study(self, study_id: str) -> StudyView:
        """A study with its table, as far as it is measured. Raises: NotFound; ProtocolError when it is damaged."""
        return view(self.study_folder(study_id))

    def make_study(self, file: StudyFile, by: str) -> StudyFolder:
        """A new study; nothing is started. Raises: ConfigError, NotFound or TaskSetError saying what is wrong."""
        return make_study(self.home, file, self.resolve_tasks, by)

    def same_study(self, file: StudyFile) -> StudyFolder | None:
        """The latest study that asks the same; None when there is none."""
        return same_study(self.home, file)

    def start_study(self, file: StudyFile, by: str) -> str:
        """Make a study and launch its process, which outlives this one. Returns its id. Raises: as `make_study`."""
        folder = self.make_study(file, by)
        self._launch_study(folder, by)
        return folder.study_id

    def go_on_with_study(self, study_id: str, by: str) -> None:
        """Unpause a study, or launch a process that goes on where the last one stopped. Raises: NotFound."""
        folder = self.study_folder(study_id)
        if folder.holder() is not None:
            folder.commands.append(Command(kind="resume", by=by))
        else:
            self._launch_study(folder, by)

    def command_study(self, study_id: str, kind: CommandKind, by: str) -> str:
        """Tell a study's process to pause, resume or stop; it tells its runs. Returns the full id.

        Raises: NotFound; ConfigError when no process works on it.
        """
        folder = self.study_folder(study_id)
        if folder.holder() is None:
            raise ConfigError(
                f"No process works on study {folder.study_id}.", "It has ended, or run it again to go on."
            )
        folder.commands.append(Command(kind=kind, by=by))
        return folder.study_id

    def export_study(self, study_id: str, format: StudyFormat) -> bytes:
        """The table of a study as Markdown, CSV or LaTeX. Raises: NotFound; ProtocolError when it is damaged."""
        return exported(self.study(study_id), format)

    def study_forecast(self, file: StudyFile) -> StudyForecast:
        """What all runs of a study will take together. Raises: as `make_study`."""
        known: dict[tuple[str, str], Forecast] = {}
        cells = cells_of(file)
        for cell in cells:
            if (cell.arm, cell.tasks) not in known:
                known[cell.arm, cell.tasks] = self.forecast(config_of(file, cell), cell.tasks)
        each = [known[cell.arm, cell.tasks] for cell in cells]
        return together(each, len(arms_of(file)), usual_parallel(file), file.budget)

    def launch(self, folder: RunFolder, by: str) -> subprocess.Popen[bytes]:
        """A trainer process for a run of a study."""
        return self._launch(folder, by)

    def _launch_study(self, folder: StudyFolder, by: str) -> None:
        folder.commands.append(Command(kind="start", by=by))
        hide_from_calls(find_isolation().level)  # the keys are here, too
        command = [sys.executable, "-m", "agentopt_core", "study", "work", str(folder.path)]
        with folder.log_path.open("ab") as log:
            worker = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        threading.Thread(target=worker.wait, name=f"study {folder.study_id}", daemon=True).start()

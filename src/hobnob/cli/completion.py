"""`hobnob --install-completion`: teaches the shell."""

from cyclopts import App
from cyclopts.completion.install import create_install_completion_command

from hobnob.cli import app as hobnob

app = App(name="--install-completion")
app.default(create_install_completion_command(hobnob.app.install_completion, add_to_startup=True))

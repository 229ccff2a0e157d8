"""The demo: a whole business night with real parts and invented people, from an empty home to signed reports.

The partners are simulated (pipelines/simulate) and say so; everything between them and the record is the product.
`play.py` has its parts in order, `billing.py` what it shows of billing, `script.py` what makes two demos the same.
"""

from pipelines.demo.play import PARTS, finish, play, prepare
from pipelines.demo.script import DEMO_DATE, Script

__all__ = ["DEMO_DATE", "PARTS", "Script", "finish", "play", "prepare"]

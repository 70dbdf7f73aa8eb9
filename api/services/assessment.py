"""A picture with what was computed on it: what every answer is made of."""

from dataclasses import dataclass
from pathlib import Path

from algorithms.bracket import Bracket
from algorithms.chain_risk import ChainRisk
from algorithms.links import Links
from algorithms.parameters import AssessmentParameters
from algorithms.scorecard import Scorecard
from graph_model.network import CreditNetwork, known


@dataclass(frozen=True)
class Assessment:
    """A picture, what was computed on it, and with which constants.

    Attributes
    ----------
    run_id : str
        Digest of all it depends on.
    run : ChainRisk
        Probabilities and parts: of the parties of `network`, and after them of industries.
    links : Links
        Derived contagion links, in the order of `run.link_part`; they index `run.party_id`.
    bracket : Bracket
        Probabilities with low and high inputs, and at half and twice theta.
    own : Scorecard
        Own intensities and the lines they rest on.
    folder : pathlib.Path or None
        Where its files are; None of a run that is not kept.
    """

    run_id: str
    network: CreditNetwork
    run: ChainRisk
    links: Links
    own: Scorecard
    parameters: AssessmentParameters
    bracket: Bracket
    folder: Path | None = None

    @property
    def stated(self) -> bool:
        """Whether the user stated every own rate, so that no scorecard enters."""
        return bool(known(self.network.columns["own_rate"]).all())

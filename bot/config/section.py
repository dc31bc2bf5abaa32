"""What all blocks of config.yaml have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# A key is typed in commands and stands in exports: one lower-case word.
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

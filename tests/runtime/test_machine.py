"""What is said of the machine: the compilation cache is one kind of processor's own."""

import platform

import jax

from ontogeny.runtime.machine import describe, processor_kind


def test_a_kind_of_processor_has_one_short_name():
    kind = processor_kind()
    assert kind == processor_kind()
    architecture, features = kind.rsplit("-", 1)
    assert architecture == platform.machine()
    assert len(features) == 8
    assert int(features, 16) >= 0


def test_the_description_is_of_this_process():
    said = describe()
    assert said["jax"] == jax.__version__
    assert len(said["devices"]) == jax.device_count()
    assert said["cores"] >= 1

from __future__ import annotations

import gzip
import hashlib
import io
import os
import struct
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.data import array_files, datasets, digits, mnist
from model.data.array_files import DataError, idx_sha256, read_idx, read_npz
from model.data.datasets import Dataset
from model.data.mnist_files import IDX_NAMES, FourArrays
from tests.support.mirror import Mirror, running_mirror
from tests.support.rights import folder_with_mode

N_TRAIN, N_TEST = 24, 7


def tiny(seed: int = 0) -> FourArrays:
    generator = np.random.default_rng(seed)

    def bytes_of(*shape: int, below: int = 256) -> NDArray[np.uint8]:
        return generator.integers(0, below, shape, np.uint8)

    return FourArrays(
        bytes_of(N_TRAIN, 28, 28), bytes_of(N_TRAIN, below=10),
        bytes_of(N_TEST, 28, 28), bytes_of(N_TEST, below=10),
    )  # fmt: skip


def idx(array: NDArray[np.uint8]) -> bytes:
    header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def write_idx(
    folder: Path, arrays: FourArrays, *, packed: bool = True, dotted: bool = False
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(IDX_NAMES, arrays, strict=True):
        spelling = (name.replace("-idx", ".idx") if dotted else name) + packed * ".gz"
        (folder / spelling).write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    return folder


def write_npz(path: Path, arrays: FourArrays) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    keys = ("x_train", "y_train", "x_test", "y_test")
    np.savez_compressed(path, **dict(zip(keys, arrays, strict=True)))
    return path


def assert_holds(dataset: Dataset, arrays: FourArrays, n_validation: int) -> None:
    np.testing.assert_array_equal(dataset.validation.images, arrays.train_images[:n_validation])
    np.testing.assert_array_equal(dataset.validation.labels, arrays.train_labels[:n_validation])
    np.testing.assert_array_equal(dataset.train.images, arrays.train_images[n_validation:])
    np.testing.assert_array_equal(dataset.train.labels, arrays.train_labels[n_validation:])
    np.testing.assert_array_equal(dataset.test.images, arrays.test_images)
    np.testing.assert_array_equal(dataset.test.labels, arrays.test_labels)


def assert_holds_all(dataset: Dataset, arrays: FourArrays) -> None:
    """The test is as it was, and the rest is split, each picture with its label, in its order."""
    np.testing.assert_array_equal(dataset.test.images, arrays.test_images)
    np.testing.assert_array_equal(dataset.test.labels, arrays.test_labels)
    known = [image.tobytes() for image in arrays.train_images]
    found = []
    for split in (dataset.train, dataset.validation):
        places = [known.index(image.tobytes()) for image in split.images]
        assert places == sorted(places)
        np.testing.assert_array_equal(split.labels, arrays.train_labels[places])
        found += places
    assert sorted(found) == list(range(len(known)))
    assert len(dataset.validation) >= 2


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory, empty, and no Keras cache."""
    monkeypatch.setenv("INKLING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("INKLING_MNIST_MIRRORS", "http://127.0.0.1:9/")
    return tmp_path / "data"


@pytest.fixture
def tiny_mnist(monkeypatch: pytest.MonkeyPatch) -> FourArrays:
    """Thirty-one pictures that count as MNIST for the length of a test."""
    arrays = tiny()
    hashes = tuple(hashlib.sha256(idx(array)).hexdigest() for array in arrays)
    monkeypatch.setattr(mnist, "SHA256", hashes)
    return arrays


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror that has tiny MNIST, packed."""
    with running_mirror() as mirror:
        for name, array in zip(IDX_NAMES, tiny(), strict=True):
            mirror.files[f"{name}.gz"] = gzip.compress(idx(array), mtime=0)
        monkeypatch.setenv("INKLING_MNIST_MIRRORS", mirror.url)
        yield mirror


# Pictures of one's own


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("dotted", [True, False])
def test_four_idx_files_are_read_in_every_spelling(
    tmp_path: Path, packed: bool, dotted: bool
) -> None:
    folder = write_idx(tmp_path / "mine", tiny(), packed=packed, dotted=dotted)
    dataset = datasets.load(folder)
    assert_holds_all(dataset, tiny())
    assert (dataset.name, dataset.source) == ("mine", "own_files")


def test_a_folder_may_be_named_by_a_string(tmp_path: Path) -> None:
    folder = write_idx(tmp_path / "mine", tiny())
    assert_holds_all(datasets.load(str(folder)), tiny())


def test_an_npz_file_of_keras_layout_is_read(tmp_path: Path) -> None:
    assert_holds_all(datasets.load(write_npz(tmp_path / "mine.npz", tiny())), tiny())
    write_npz(tmp_path / "folder" / "mnist.npz", tiny())
    assert_holds_all(datasets.load(tmp_path / "folder"), tiny())


def test_labels_in_an_npz_file_may_be_wide(tmp_path: Path) -> None:
    arrays = tiny()
    wide = arrays._replace(train_labels=arrays.train_labels.astype(np.int64))
    dataset = datasets.load(write_npz(tmp_path / "mine.npz", wide))
    assert dataset.train.labels.dtype == np.uint8
    assert_holds_all(dataset, arrays)


def test_a_gzipped_file_that_lost_its_ending_is_read(tmp_path: Path) -> None:
    folder = write_idx(tmp_path, tiny())
    for name in IDX_NAMES:
        (folder / f"{name}.gz").rename(folder / name)
    assert_holds_all(datasets.load(folder), tiny())


def test_the_hash_is_of_the_content_however_it_is_packed(tmp_path: Path) -> None:
    packed = datasets.load(write_idx(tmp_path / "packed", tiny()))
    plain = datasets.load(write_idx(tmp_path / "plain", tiny(), packed=False))
    npz = datasets.load(write_npz(tmp_path / "all.npz", tiny()))
    other = datasets.load(write_idx(tmp_path / "other", tiny(seed=1)))
    assert packed.sha256 == plain.sha256 == npz.sha256 != other.sha256
    assert len(bytes.fromhex(packed.sha256)) == 32


def test_arrays_cannot_be_written(tmp_path: Path) -> None:
    for dataset in (
        datasets.load(write_idx(tmp_path / "idx", tiny())),
        datasets.load(write_npz(tmp_path / "all.npz", tiny())),
        datasets.load("digits"),
    ):
        for split in (dataset.train, dataset.validation, dataset.test):
            with pytest.raises(ValueError, match="read-only"):
                split.images[0, 0, 0] = 1
            with pytest.raises(ValueError, match="read-only"):
                split.labels[0] = 1


def test_a_folder_that_takes_a_data_sets_name_is_told_apart(tmp_path: Path) -> None:
    assert datasets.load(write_idx(tmp_path / "mnist", tiny())).name == "mnist (own files)"


def test_a_folder_that_holds_mnist_is_recognised(tmp_path: Path, tiny_mnist: FourArrays) -> None:
    assert datasets.load(write_idx(tmp_path / "mine", tiny_mnist)).name == "mnist"


def test_the_smallest_set_has_two_training_pictures(tmp_path: Path) -> None:
    two = tiny()._replace(
        train_images=tiny().train_images[:2], train_labels=tiny().train_labels[:2]
    )
    dataset = datasets.load(write_idx(tmp_path / "two", two))
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (1, 1, N_TEST)
    one = tiny()._replace(
        train_images=tiny().train_images[:1], train_labels=tiny().train_labels[:1]
    )
    with pytest.raises(DataError, match="one training picture is too few"):
        datasets.load(write_idx(tmp_path / "one", one))


# Files that are wrong

Spoil = Callable[[Path], object]
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def swap(folder: Path) -> None:
    (folder / IMAGES).rename(folder / "aside")
    (folder / LABELS).rename(folder / IMAGES)
    (folder / "aside").rename(folder / LABELS)


def rewrite(name: str, change: Callable[[bytes], bytes]) -> Spoil:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


SPOILT: dict[str, tuple[Spoil, str]] = {
    "cut off": (
        rewrite(IMAGES, lambda content: content[:-5]),
        rf"{IMAGES}: is cut off: its header promises 18,832 bytes, there are 18,827",
    ),
    "cut off in its header": (
        rewrite(IMAGES, lambda content: content[:9]),
        f"{IMAGES}: is cut off within its header",
    ),
    "empty": (rewrite(LABELS, lambda content: b""), f"{LABELS}: is empty"),
    "too long": (
        rewrite(LABELS, lambda content: content + b"\0"),
        rf"{LABELS}: is too long: its header promises 32 bytes, there are more",
    ),
    "swapped": (
        swap,
        rf"{IMAGES}: holds labels where images belong \(magic number 2049, not 2051\).*swapped",
    ),
    "images as labels": (
        rewrite(LABELS, lambda content: idx(tiny().train_images)),
        rf"{LABELS}: holds images where labels belong \(magic number 2051, not 2049\)",
    ),
    "wrong magic": (
        rewrite(IMAGES, lambda content: b"\x89PNG" + content[4:]),
        rf"{IMAGES}: is not an IDX file of images: it begins with the bytes 89 50 4e 47",
    ),
    "floats": (
        rewrite(IMAGES, lambda content: b"\0\0\x0d\x03" + content[4:]),
        f"{IMAGES}: is not an IDX file of images",
    ),
    "another number of labels": (
        rewrite(LABELS, lambda content: idx(tiny().train_labels[:-1])),
        rf"{IMAGES} has 24 pictures, but .*{LABELS} has 23 labels",
    ),
    "another size of pictures": (
        rewrite(IMAGES, lambda content: idx(np.zeros((24, 32, 3), np.uint8))),
        rf"{IMAGES}: pictures are n × H × W .*, got 24 × 32 × 3$",
    ),
    "no pictures": (
        rewrite(IMAGES, lambda content: idx(np.zeros((0, 28, 28), np.uint8))),
        f"{IMAGES}: has no pictures",
    ),
    "a label above 9": (
        rewrite(LABELS, lambda content: content[:11] + b"\x0b" + content[12:]),
        rf"{LABELS}: labels are 0 to 9, but the one at 3 is 11",
    ),
    "a damaged gzip file": (
        rewrite(IMAGES, lambda content: gzip.compress(content)[:-8] + b"\0" * 8),
        f"{IMAGES}: the gzip file is damaged",
    ),
    "a gzip file full of noise": (
        rewrite(IMAGES, lambda content: gzip.compress(content)[:10] + b"?" * 999),
        f"{IMAGES}: the gzip file is damaged",
    ),
    "a gzip file cut off": (
        rewrite(IMAGES, lambda content: gzip.compress(content)[:9000]),
        rf"{IMAGES}: is cut off: its header promises 18,832 bytes, there are [89],\d\d\d",
    ),
    "a huge header": (
        rewrite(IMAGES, lambda content: content[:4] + b"\xff" * 12),
        f"{IMAGES}: declares 79,228,162,458,924,105,385,300,197,375 bytes",
    ),
    "a folder": (
        lambda folder: ((folder / IMAGES).unlink(), (folder / IMAGES).mkdir()),
        f"lacks {IMAGES}",
    ),
    "missing": (lambda folder: (folder / LABELS).unlink(), f"lacks {LABELS}"),
}


@pytest.mark.parametrize(("spoil", "message"), SPOILT.values(), ids=SPOILT.keys())
def test_a_wrong_file_is_named_with_what_is_wrong(
    tmp_path: Path, spoil: Spoil, message: str
) -> None:
    folder = write_idx(tmp_path, tiny(), packed=False)
    spoil(folder)
    with pytest.raises(DataError, match=message):
        datasets.load(folder)


def test_a_name_that_is_nothing_is_told_with_the_choices() -> None:
    with pytest.raises(DataError, match=r"'mnits' is neither .*auto, mnist, digits.* nor a folder"):
        datasets.load("mnits")


def test_a_gzip_bomb_costs_no_memory(tmp_path: Path) -> None:
    folder = write_idx(tmp_path, tiny())
    with gzip.open(folder / f"{IMAGES}.gz", "wb") as bomb:
        bomb.write(idx(tiny().train_images))
        for _ in range(100):
            bomb.write(bytes(1_000_000))
    tracemalloc.start()
    with pytest.raises(DataError, match="is too long"):
        datasets.load(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def npz_of(**arrays: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in arrays.items():
            archive.writestr(f"{name}.npy", content)
    return file


def npy(header: str, payload: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + payload


HOSTILE_NPY = {
    "pickle": (
        npy("{'descr':'|O','fortran_order':False,'shape':(1,)}", b"cos\nsystem\n"),
        "numbers",
    ),
    "records": (npy("{'descr':[('a','<i4')],'fortran_order':False,'shape':(1,)}"), "numbers"),
    "huge": (npy("{'descr':'|u1','fortran_order':False,'shape':(999999999999,28,28)}"), "at most"),
    "negative": (npy("{'descr':'|u1','fortran_order':False,'shape':(-1,28,28)}"), "declares"),
    "no elements": (
        npy(f"{{'descr':'|u1','fortran_order':False,'shape':(0,{10**30})}}"),
        "damaged",
    ),
    "cut off": (npy("{'descr':'|u1','fortran_order':False,'shape':(9,)}", b"1234"), "damaged"),
    "nested": (npy("(" * 9_000), "damaged"),
    "minus": (npy("-" * 9_000 + "1"), "damaged"),
    "long header": (npy(" " * 60_000), "damaged"),
    "no header": (b"", "damaged"),
    "version": (b"\x93NUMPY\x09\0", "damaged"),
}


@pytest.mark.parametrize(("content", "message"), HOSTILE_NPY.values(), ids=HOSTILE_NPY.keys())
def test_a_hostile_npz_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(npz_of(x=content).getvalue())
    with pytest.raises(DataError, match=f"x.npz: .*{message}"):
        read_npz(path, ["x"])


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip", bytes(1000)])
def test_what_is_no_npz_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.npz: is damaged or not an \.npz file"):
        datasets.load(tmp_path / "x.npz")


def test_an_npz_file_without_an_array_says_what_it_has(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", photos=np.zeros(3), labels=np.zeros(3), who=np.zeros(3))
    with pytest.raises(DataError, match=r"no array 'x_train'.* there are: photos, labels, who"):
        datasets.load(tmp_path / "x.npz")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_images": np.zeros((24, 783), np.uint8)}, "x_train: pictures are .* got 24 × 783"),
        (
            {"test_images": np.full((7, 28, 28), np.nan)},
            "x_test: .* not finite",
        ),
        ({"train_labels": np.zeros((24, 10), np.uint8)}, r"y_train: .* one-hot, .* \(24, 10\)"),
        ({"test_labels": np.full(7, 1.5)}, "y_test: labels are 0 to 9, but the one at 0 is 1.5"),
        ({"test_labels": np.full(7, -1)}, "y_test: labels are 0 to 9, but the one at 0 is -1"),
        ({"test_labels": np.zeros(6, np.uint8)}, "x_test has 7 pictures, but .*y_test has 6"),
    ],
)
def test_wrong_arrays_in_an_npz_file_are_named(
    tmp_path: Path, change: dict[str, NDArray[np.uint8]], message: str
) -> None:
    path = write_npz(tmp_path / "x.npz", tiny()._replace(**change))
    with pytest.raises(DataError, match=message):
        datasets.load(path)


def _spoilt(content: bytes) -> st.SearchStrategy[bytes]:
    """Cut, overwrite or stretch."""
    position = st.integers(0, len(content) - 1)
    return st.one_of(
        position.map(lambda at: content[:at]),
        st.tuples(position, st.binary(min_size=1, max_size=8)).map(
            lambda change: content[: change[0]] + change[1] + content[change[0] + len(change[1]) :]
        ),
        st.binary(max_size=60).map(lambda more: content + more),
    )


ONE = np.arange(2 * 28 * 28, dtype=np.uint8).reshape(2, 28, 28)
ONE_NPY = io.BytesIO()
np.save(ONE_NPY, ONE)


def assert_array_or_data_error(content: bytes, read: Callable[[Path], NDArray[np.uint8]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        try:
            array = read(path)
        except DataError as error:
            message = str(error)
        else:
            message = f"{path}: an array"
            assert array.nbytes <= array_files.MAX_BYTES
    assert message.startswith(f"{path}: ")


@settings(deadline=None, max_examples=300)
@given(st.one_of(_spoilt(idx(ONE)), _spoilt(gzip.compress(idx(ONE), mtime=0)), st.binary()))
def test_any_bytes_are_an_idx_array_or_a_data_error(content: bytes) -> None:
    assert_array_or_data_error(content, lambda path: read_idx(path, n_axes=3))


@settings(deadline=None, max_examples=300)
@given(
    st.one_of(
        _spoilt(npz_of(x=ONE_NPY.getvalue()).getvalue()),
        _spoilt(ONE_NPY.getvalue()[:128]).map(lambda npy: npz_of(x=npy).getvalue()),
        st.binary(),
    )
)
def test_any_bytes_are_an_npz_array_or_a_data_error(content: bytes) -> None:
    assert_array_or_data_error(content, lambda path: read_npz(path, ["x"])[0])


# Where MNIST is looked for


def test_the_data_directory_is_the_variables_or_the_users_cache(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INKLING_DATA_DIR", "/some/where")
    assert datasets.data_dir() == Path("/some/where")
    monkeypatch.delenv("INKLING_DATA_DIR")
    assert datasets.data_dir().name == "inkling"
    assert datasets.data_dir().is_absolute()


def test_mnist_is_found_in_its_folder_then_beside_it_then_in_keras_cache(
    home: Path, tmp_path: Path, tiny_mnist: FourArrays
) -> None:
    write_npz(tmp_path / "keras" / "datasets" / "mnist.npz", tiny_mnist)
    dataset = datasets.load("mnist")
    assert (dataset.name, dataset.source) == ("mnist", "keras_cache")
    assert_holds(dataset, tiny_mnist, 2)

    write_idx(home, tiny_mnist)
    assert datasets.load("mnist").source == "data_dir"
    write_npz(home / "mnist" / "mnist.npz", tiny_mnist)
    for path in home.glob("*.gz"):
        path.unlink()
    assert datasets.load("mnist").source == "data_dir"


def test_a_data_directory_may_be_given(tmp_path: Path, home: Path, tiny_mnist: FourArrays) -> None:
    write_idx(tmp_path / "given" / "mnist", tiny_mnist)
    dataset = datasets.load("mnist", data_dir=tmp_path / "given")
    assert_holds(dataset, tiny_mnist, 2)


def test_what_is_not_mnist_is_not_taken_for_it(home: Path) -> None:
    write_idx(home / "mnist", tiny())
    with pytest.raises(
        DataError, match=rf"mnist/{IMAGES}\.gz: is not MNIST's {IMAGES}: the SHA-256 .* fetch"
    ):
        datasets.load("mnist")


def test_a_right_copy_is_found_behind_a_damaged_one(
    home: Path, tmp_path: Path, tiny_mnist: FourArrays
) -> None:
    folder = write_idx(home / "mnist", tiny_mnist)
    (folder / f"{LABELS}.gz").write_bytes(b"?")
    write_npz(tmp_path / "keras" / "datasets" / "mnist.npz", tiny_mnist)
    assert datasets.load("mnist").source == "keras_cache"


@pytest.mark.usefixtures("home")
def test_mnist_that_is_nowhere_is_told_with_the_command_that_gets_it() -> None:
    with pytest.raises(DataError, match="`python -m model fetch` gets it"):
        datasets.load("mnist")


def test_auto_is_mnist_where_it_is_at_hand(home: Path, tiny_mnist: FourArrays) -> None:
    write_idx(home / "mnist", tiny_mnist)
    assert datasets.load("auto").name == "mnist"


def test_loading_downloads_nothing_and_says_what_serves_instead(
    home: Path, mirror: Mirror, tiny_mnist: FourArrays
) -> None:
    dataset = datasets.load()
    assert dataset.name == "digits"
    assert dataset.source == "substitute"
    assert mirror.asked == []
    assert not home.exists()


def test_auto_falls_back_from_damaged_files_and_logs_which(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_idx(home / "mnist", tiny())
    dataset = datasets.load()
    assert dataset.name == "digits"
    assert dataset.source == "substitute"
    assert f"{IMAGES}.gz: is not MNIST's" in caplog.text


# Fetching MNIST


def test_mnist_is_downloaded_with_progress_and_found_from_then_on(
    home: Path, mirror: Mirror, tiny_mnist: FourArrays
) -> None:
    seen: dict[str, tuple[int, int]] = {}

    def progress(done: int, total: int, name: str) -> None:
        seen[name] = (done, total)

    assert datasets.fetch(progress=progress) == home / "mnist"
    names = [f"{name}.gz" for name in IDX_NAMES]
    assert mirror.names_asked == names
    assert sorted(os.listdir(home / "mnist")) == sorted(names)
    assert seen == {name: (len(mirror.files[name]),) * 2 for name in names}

    dataset = datasets.load("mnist")
    assert_holds(dataset, tiny_mnist, 2)
    assert dataset.source == "data_dir"
    assert datasets.fetch() == home / "mnist"
    assert len(mirror.asked) == 4


def test_fetch_asks_the_next_mirror_only_for_what_the_first_did_not_have(
    tmp_path: Path, home: Path, mirror: Mirror, tiny_mnist: FourArrays
) -> None:
    first, *others = (f"{name}.gz" for name in IDX_NAMES)
    with running_mirror() as poor:
        poor.files[first] = mirror.files[first]
        folder = datasets.fetch(data_dir=tmp_path / "given", mirrors=[poor.url, mirror.url])
        assert poor.names_asked == [first, others[0]]
    assert folder == tmp_path / "given" / "mnist"
    assert mirror.names_asked == others
    assert_holds(datasets.load("mnist", data_dir=tmp_path / "given"), tiny_mnist, 2)


def test_fetch_takes_keras_file_where_the_others_fail(
    home: Path, tmp_path: Path, mirror: Mirror, tiny_mnist: FourArrays
) -> None:
    mirror.files = {"mnist.npz": write_npz(tmp_path / "x.npz", tiny_mnist).read_bytes()}
    datasets.fetch(mirrors=[mirror.url, f"{mirror.url}mnist.npz"])
    assert os.listdir(home / "mnist") == ["mnist.npz"]
    assert_holds(datasets.load("mnist"), tiny_mnist, 2)


@pytest.mark.parametrize("packed", [True, False])
def test_fetch_replaces_what_is_damaged_and_keeps_what_is_right(
    home: Path, mirror: Mirror, tiny_mnist: FourArrays, packed: bool
) -> None:
    folder = write_idx(home / "mnist", tiny_mnist, packed=packed)
    (folder / (LABELS + packed * ".gz")).write_bytes(b"damaged")
    datasets.fetch()
    assert mirror.names_asked == [f"{LABELS}.gz"]
    assert_holds(datasets.load("mnist"), tiny_mnist, 2)


def test_mirrors_that_are_all_bad_are_each_named_with_their_fault(
    home: Path, mirror: Mirror, tiny_mnist: FourArrays
) -> None:
    with running_mirror() as gone:
        refused = gone.url
    mirror.files[f"wrong/{IMAGES}.gz"] = gzip.compress(idx(tiny(seed=1).train_images))
    mirror.files[f"cut/{IMAGES}.gz"] = mirror.files[f"{IMAGES}.gz"][:-100]
    mirror.files[f"html/{IMAGES}.gz"] = b"<html>Please log in to this wireless network"
    kinds = ("missing", "wrong", "cut", "html")
    with pytest.raises(DataError) as caught:
        datasets.fetch(mirrors=[refused, *(f"{mirror.url}{kind}/" for kind in kinds)])
    message = str(caught.value)
    assert message.startswith("MNIST could not be downloaded: ")
    for fault in (
        f"{refused}{IMAGES}.gz: no connection",
        f"missing/{IMAGES}.gz: the server answers 404",
        f"wrong/{IMAGES}.gz: is not MNIST's {IMAGES}",
        f"cut/{IMAGES}.gz: is cut off",
        f"html/{IMAGES}.gz: is not an IDX file of images",
    ):
        assert fault in message
    assert os.listdir(home / "mnist") == []


def test_no_mirror_is_a_data_error(home: Path) -> None:
    with pytest.raises(DataError, match="no mirror is named"):
        datasets.fetch(mirrors=[])


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    with folder_with_mode(0o555) as folder:
        yield folder


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    with folder_with_mode(0o000) as folder:
        yield folder


@pytest.mark.usefixtures("home", "tiny_mnist", "mirror")
def test_a_data_directory_that_cannot_be_written_is_named(read_only_folder: Path) -> None:
    with pytest.raises(
        DataError, match=rf"{read_only_folder}/mnist: cannot be written .*INKLING_DATA_DIR"
    ):
        datasets.fetch(data_dir=read_only_folder)


def test_a_data_directory_that_is_a_file_is_named(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file/mnist: cannot be written \(Not a directory\)"):
        datasets.fetch(data_dir=tmp_path / "file")


def test_a_place_that_may_not_be_looked_into_is_passed_over(
    home: Path, locked_folder: Path, tiny_mnist: FourArrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(locked_folder))
    with pytest.raises(DataError, match="MNIST is neither in"):
        datasets.load("mnist", data_dir=locked_folder)
    with pytest.raises(DataError, match=rf"{locked_folder}: cannot be read \(Permission denied\)"):
        datasets.load(locked_folder)


# The built-in digits


@pytest.fixture(scope="module")
def built_in() -> Dataset:
    return datasets.load("digits")


def test_digits_have_mnists_form(built_in: Dataset) -> None:
    for split in (built_in.train, built_in.validation, built_in.test):
        assert split.images.shape == (len(split), 28, 28)
        assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.uint8)
    images = built_in.train.images.astype(np.float64)
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        centre = images.sum(axis=axis) @ np.arange(28) / mass
        # Within half a pixel of (14, 14), as in all of MNIST, but where the ink meets an edge.
        assert np.mean(np.abs(centre - 14) <= 0.51) > 0.99
    for image in built_in.train.images:
        height, width = np.ptp(np.argwhere(image), axis=0) + 1
        assert 19 <= max(height, width) <= 20
        assert image.max() > 200


def test_digits_are_split_with_all_classes_evenly_in_each_part(built_in: Dataset) -> None:
    splits = (built_in.train, built_in.validation, built_in.test)
    assert [len(split) for split in splits] == [1297, 200, 300]
    for split in splits:
        shares = np.bincount(split.labels, minlength=10) / len(split)
        np.testing.assert_allclose(shares, 0.1, atol=0.006)
    pictures = {image.tobytes() for split in splits for image in split.images}
    assert len(pictures) >= 1790  # no picture is in two parts


def test_digits_are_the_same_everywhere(built_in: Dataset) -> None:
    assert built_in.sha256 == "37214d07e1e67b238998ce5a74951841f5d257ab39f10d0a63d5f5c81a1657a3"
    assert built_in.source == "built_in"


def test_enlarging_keeps_what_is_up_and_what_is_left() -> None:
    picture = np.zeros((8, 8), np.uint8)
    picture[0, 1:4] = picture[:, 1] = 16  # Γ
    image = digits.enlarged(picture)
    rows, columns = image.sum(axis=1), image.sum(axis=0)
    assert rows.argmax() < 12
    assert columns.argmax() < 14


# The real MNIST


@pytest.mark.mnist
def test_mnist_has_the_tutorials_split(mnist: Dataset) -> None:
    assert mnist.name == "mnist"
    assert [len(split) for split in (mnist.train, mnist.validation, mnist.test)] == [
        55_000, 5_000, 10_000,
    ]  # fmt: skip
    # The first labels of train-labels-idx1-ubyte and of t10k-labels-idx1-ubyte.
    assert mnist.validation.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


@pytest.mark.mnist
def test_mnist_is_known_by_one_hash(mnist: Dataset) -> None:
    expected = hashlib.sha256("".join(datasets.mnist.SHA256).encode()).hexdigest()
    assert mnist.sha256 == expected


@pytest.mark.mnist
def test_mnist_from_keras_file_is_the_same(mnist: Dataset, tmp_path: Path, home: Path) -> None:
    arrays = FourArrays(
        np.concatenate([mnist.validation.images, mnist.train.images]),
        np.concatenate([mnist.validation.labels, mnist.train.labels]),
        mnist.test.images,
        mnist.test.labels,
    )
    keys = ("x_train", "y_train", "x_test", "y_test")
    (tmp_path / "keras" / "datasets").mkdir(parents=True)
    np.savez(tmp_path / "keras/datasets/mnist.npz", **dict(zip(keys, arrays, strict=True)))
    from_keras = datasets.load("mnist")
    assert from_keras.source == "keras_cache"
    assert from_keras.sha256 == mnist.sha256
    assert_holds(from_keras, arrays, 5_000)


def test_the_hash_of_an_array_is_that_of_its_idx_file() -> None:
    for array in tiny():
        assert idx_sha256(array) == hashlib.sha256(idx(array)).hexdigest()

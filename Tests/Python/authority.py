# SPDX-License-Identifier: Apache-2.0
"""A certificate authority of the tests' own, made with openssl: it signs what `buckler certs dev` would not."""
import itertools
import subprocess


class Authority:
    """Files NAME.pem and NAME.key in a directory; its own are ca.pem and ca.key."""

    def __init__(self, directory):
        directory.mkdir(parents=True)
        self.directory = directory
        self.serials = itertools.count(1)
        (directory / "index.txt").touch()
        (directory / "ca.cnf").write_text(f"""[ca]
default_ca = own
[own]
database = {directory}/index.txt
new_certs_dir = {directory}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
preserve = yes
[any]
commonName = optional
organizationName = optional
organizationalUnitName = optional
""")
        self.openssl("req", "-x509", *self.new_key("ca"), "-subj", "/CN=authority", "-days", "30", "-out", "ca.pem",
                     "-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=critical,keyCertSign")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], cwd=self.directory, check=True, capture_output=True)

    @staticmethod
    def new_key(name):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]

    def sign(self, name, subject, *alternative_names, dates=("20260101000000Z", "20990101000000Z")):
        extensions = ["-addext", f"subjectAltName={','.join(alternative_names)}"] if alternative_names else []
        self.openssl("req", "-new", *self.new_key(name), "-subj", subject, "-out", f"{name}.csr", *extensions)
        self.openssl("ca", "-preserveDN", "-config", "ca.cnf", "-batch", "-notext", "-cert", "ca.pem", "-keyfile", "ca.key",
                     "-in", f"{name}.csr", "-out", f"{name}.pem", "-startdate", dates[0], "-enddate", dates[1])
        return self

    def files(self, name):
        return self.directory / f"{name}.pem", self.directory / f"{name}.key"

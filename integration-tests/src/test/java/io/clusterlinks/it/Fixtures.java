// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

/** Tear-down that also works when set-up failed half way. */
final class Fixtures {
    private Fixtures() {}

    static void close(TestCluster... clusters) {
        for (TestCluster cluster : clusters) {
            if (cluster != null) {
                cluster.close();
            }
        }
    }
}

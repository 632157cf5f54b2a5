// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

/** Tear-down that also works when set-up failed half way. */
public final class Fixtures {
    private Fixtures() {}

    /** Closes what there is of them. */
    public static void close(TestCluster... clusters) {
        for (TestCluster cluster : clusters) {
            if (cluster != null) {
                cluster.close();
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.network.InvalidReceiveException;
import org.junit.jupiter.api.Test;

class BoundedAdminTest {
    @Test
    void thisVersionOfKafkaLetsAnswersBeBounded() {
        assertThat(BoundedAdmin.factory()).isPresent();
    }

    @Test
    void aClientThatIsClosedIsToBeReplaced() {
        Map<String, Object> configs = new HashMap<>();
        configs.put("bootstrap.servers", "127.0.0.1:1");
        configs.put("client.id", "test");
        BoundedAdmin admin = BoundedAdmin.open(configs, new ReceiveLimit(1000));
        assertThat(admin.isAlive()).isTrue();

        admin.close();

        assertThat(admin.isAlive()).isFalse();
    }

    @Test
    void moreThanTheLimitIsRefusedBeforeMemoryIsAllocatedAndRemembered() {
        ReceiveLimit limit = new ReceiveLimit(1000);

        assertThat(limit.tryAllocate(1000).capacity()).isEqualTo(1000);
        assertThatThrownBy(() -> limit.tryAllocate(Integer.MAX_VALUE)).isInstanceOf(InvalidReceiveException.class);

        assertThat(limit.takeRefusal())
                .hasValueSatisfying(why -> assertThat(why).contains("2147483647 bytes"));
        assertThat(limit.takeRefusal()).isEmpty();
    }
}
